import { type InputHTMLAttributes, type ReactNode, type SelectHTMLAttributes, type TextareaHTMLAttributes, useId } from 'react';

interface Around {
  label: string;
  hint?: ReactNode;
  /** What is wrong with it. */
  error?: string | undefined;
}

interface Wired {
  id: string;
  'aria-describedby': string | undefined;
  'aria-invalid': true | undefined;
}

function Labelled({ label, hint, error, children }: Around & { children: (wired: Wired) => ReactNode }) {
  const id = useId();
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ') || undefined;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({ id, 'aria-describedby': described, 'aria-invalid': error ? true : undefined })}
      {hint && <span id={`${id}-hint`} className="hint">{hint}</span>}
      {error && <span id={`${id}-error`} className="hint bad">{error}</span>}
    </div>
  );
}

export function TextField({ label, hint, error, ...rest }: Around & InputHTMLAttributes<HTMLInputElement>) {
  return <Labelled {...{ label, hint, error }}>{(wired) => <input className="input" {...rest} {...wired} />}</Labelled>;
}

export function TextArea({ label, hint, error, ...rest }: Around & TextareaHTMLAttributes<HTMLTextAreaElement>) {
  return <Labelled {...{ label, hint, error }}>{(wired) => <textarea className="input" {...rest} {...wired} />}</Labelled>;
}

export function SelectField({ label, hint, error, children, ...rest }: Around & SelectHTMLAttributes<HTMLSelectElement>) {
  return <Labelled {...{ label, hint, error }}>{(wired) => <select className="input" {...rest} {...wired}>{children}</select>}</Labelled>;
}

interface ChoiceProps<T extends string> {
  legend: string;
  options: readonly (readonly [T, string])[];
  value: T;
  hint?: string | undefined;
  onChange(value: T): void;
}

/** One of a few, all of them seen. */
export function Choice<T extends string>({ legend, options, value, hint, onChange }: ChoiceProps<T>) {
  const name = useId();
  return (
    <fieldset className="choices">
      <legend className="legend">{legend}</legend>
      {options.map(([option, label]) => (
        <label key={option} className="choice">
          <input type="radio" name={name} value={option} checked={option === value} onChange={() => onChange(option)} />
          <span>{label}</span>
        </label>
      ))}
      {hint && <p className="hint">{hint}</p>}
    </fieldset>
  );
}
