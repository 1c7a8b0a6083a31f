import type { ReactNode } from 'react';

/** Nothing here yet, and what to do about it. */
export function Empty({ title, text, children }: { title: string; text: string; children?: ReactNode }) {
  return (
    <section className="card empty">
      <h2>{title}</h2>
      <p>{text}</p>
      {children}
    </section>
  );
}
