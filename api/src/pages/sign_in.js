"use strict";

// The link's secret stands behind the #, so it is never sent in an address; it leaves the address bar at once.
const token = location.hash.slice(1);
history.replaceState(null, "", location.pathname);

const say = (text, bad) => {
  const message = document.getElementById("message");
  message.textContent = text;
  message.classList.toggle("bad", Boolean(bad));
};

const whoAmI = async () => {
  const answer = await fetch("/api/v1/auth/me", { credentials: "same-origin" });
  return answer.ok ? answer.json() : null;
};

const signIn = async () => {
  if (token) {
    const answer = await fetch("/api/v1/auth/link", {
      method: "POST",
      credentials: "same-origin",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ token }),
    });
    if (!answer.ok) {
      const problem = await answer.json().catch(() => null);
      say((problem && problem.detail) || "That did not work.", true);
      return;
    }
  }
  const me = await whoAmI();
  if (me) {
    say(`You are signed in as ${me.name} (${me.email}).`);
  } else {
    say("You are not signed in. A link is printed by: opensail sign-in-link", true);
  }
};

signIn().catch(() => say("The server does not answer.", true));
