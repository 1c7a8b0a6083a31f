import type { ButtonHTMLAttributes } from 'react';

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: 'plain' | 'primary' | 'danger' | 'quiet';
  small?: boolean;
  /** Something runs: not to be pressed again, but it keeps the focus. */
  busy?: boolean;
}

export function Button({ look = 'plain', small, busy, className = '', onClick, type = 'button', ...rest }: Props) {
  const classes = ['button', look !== 'plain' && `button-${look}`, small && 'button-small', className].filter(Boolean).join(' ');
  return <button {...rest} type={type} className={classes} aria-busy={busy || undefined} aria-disabled={busy || undefined} onClick={busy ? (event) => event.preventDefault() : onClick} />;
}
