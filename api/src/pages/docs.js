"use strict";

// Renders /api/openapi.json: operations by tag, their parameters, bodies and answers.
const METHODS = ["get", "post", "put", "patch", "delete"];

const element = (name, properties = {}, ...children) => {
  const made = document.createElement(name);
  Object.assign(made, properties);
  made.append(...children);
  return made;
};

const refName = (ref) => ref.split("/").pop();

// A schema in words.
const kind = (schema) => {
  if (!schema) return "";
  if (schema.$ref) return refName(schema.$ref);
  for (const choice of ["oneOf", "anyOf", "allOf"]) {
    if (schema[choice]) return schema[choice].map(kind).join(choice === "allOf" ? " & " : " | ");
  }
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  const types = [].concat(schema.type || "any");
  return types.map((type) => (type === "array" ? `${kind(schema.items)}[]` : type)).join(" | ");
};

const fields = (document_, schema) => {
  const found = schema && schema.$ref ? document_.components.schemas[refName(schema.$ref)] : schema;
  const parts = found && found.allOf ? found.allOf : [found];
  const rows = [];
  for (const part of parts) {
    const whole = part && part.$ref ? document_.components.schemas[refName(part.$ref)] : part;
    for (const [name, field] of Object.entries((whole && whole.properties) || {})) {
      const needed = (whole.required || []).includes(name);
      rows.push([name + (needed ? "" : "?"), kind(field), field.description || ""]);
    }
  }
  return rows;
};

const table = (rows) => {
  const body = element("tbody");
  for (const row of rows) {
    const line = element("tr");
    row.forEach((text, index) => line.append(element("td", {}, index < 2 ? element("code", { textContent: text }) : text)));
    body.append(line);
  }
  return element("table", {}, body);
};

const content = (document_, what) => {
  const parts = [];
  for (const [type, media] of Object.entries((what && what.content) || {})) {
    parts.push(element("p", {}, element("code", { textContent: `${type}  ${kind(media.schema)}` })));
    const rows = fields(document_, media.schema);
    if (rows.length) parts.push(table(rows));
  }
  return parts;
};

const operation = (document_, path, method, described) => {
  const title = element("summary", {},
    element("span", { className: "method", textContent: method.toUpperCase() }),
    element("code", { textContent: path }),
    element("span", { className: "about", textContent: described.summary || "" }));
  const inside = element("div");
  if (described.description) inside.append(element("p", { textContent: described.description }));
  if (described.parameters && described.parameters.length) {
    inside.append(element("h3", { textContent: "Parameters" }));
    inside.append(table(described.parameters.map((p) => [p.name + (p.required ? "" : "?"), `${p.in} ${kind(p.schema)}`, p.description || ""])));
  }
  if (described.requestBody) {
    inside.append(element("h3", { textContent: "Body" }), ...content(document_, described.requestBody));
  }
  for (const [status, answer] of Object.entries(described.responses || {})) {
    inside.append(element("h3", { textContent: `${status} ${answer.description || ""}` }), ...content(document_, answer));
  }
  return element("details", {}, title, inside);
};

const show = async () => {
  const document_ = await (await fetch("/api/openapi.json")).json();
  const tags = new Map();
  for (const [path, item] of Object.entries(document_.paths)) {
    for (const method of METHODS.filter((name) => item[name])) {
      const tag = (item[method].tags || ["other"])[0];
      if (!tags.has(tag)) tags.set(tag, []);
      tags.get(tag).push(operation(document_, path, method, item[method]));
    }
  }
  const place = document.getElementById("operations");
  for (const [tag, operations] of tags) place.append(element("h2", { textContent: tag }), ...operations);
  document.getElementById("message").textContent = document_.info.description || "";
};

show().catch(() => { document.getElementById("message").textContent = "The document could not be read."; });
