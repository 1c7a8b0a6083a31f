import type { ReactNode } from 'react';

/** Nothing here yet, and what to do about it; `whole`: there is nothing else on the page. */
export function Empty({ title, text, whole, children }: { title: string; text: string; whole?: boolean; children?: ReactNode }) {
  return (
    <section className="card empty">
      {whole ? <h1>{title}</h1> : <h2>{title}</h2>}
      <p>{text}</p>
      {children}
    </section>
  );
}
