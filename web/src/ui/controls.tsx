import { type ButtonHTMLAttributes, type InputHTMLAttributes, type ReactNode, useId, useState } from "react";
import { Icon, type IconName } from "./icons.tsx";
import { toast } from "./toast.tsx";

type ButtonProps = ButtonHTMLAttributes<HTMLButtonElement> & {
  /** Extra classes of the button: `pri`, `ghost`, `s`, `l`, `danger`. */
  look?: string;
  icon?: IconName;
  busy?: boolean;
};

/** The label stays while it works, a ring takes the icon's place, so that nothing moves. */
export function Button({ look = "", icon, busy = false, children, disabled, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      className={`btn ${look}`}
      disabled={disabled === true || busy}
      aria-busy={busy}
      {...rest}
    >
      {busy ? <span className="spin" aria-hidden="true" /> : icon && <Icon name={icon} size="s" />}
      {children}
    </button>
  );
}

type IconButtonProps = ButtonHTMLAttributes<HTMLButtonElement> & {
  icon: IconName;
  /** The accessible name; the tooltip adds the shortcut. */
  label: string;
  keys?: string;
  look?: string;
};

export function IconButton({ icon, label, keys, look = "", ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      className={`ib ${look}`}
      aria-label={label}
      title={keys ? `${label} (${keys})` : label}
      {...rest}
    >
      <Icon name={icon} size={look.includes("s") ? "s" : "m"} />
    </button>
  );
}

type FieldProps = InputHTMLAttributes<HTMLInputElement> & {
  label: string;
  help?: ReactNode;
  error?: string | undefined;
};

export function TextField({ label, help, error, ...input }: FieldProps) {
  const id = useId();
  const note = error ?? help;
  return (
    <div className="ctl">
      <label className="lbl" htmlFor={id}>
        {label}
      </label>
      <div className={error ? "field err" : "field"}>
        <input
          id={id}
          aria-invalid={error !== undefined}
          {...(note ? { "aria-describedby": `${id}-note` } : {})}
          {...input}
        />
      </div>
      {note && (
        <p className={error ? "wrong" : "help"} id={`${id}-note`} {...(error ? { role: "alert" } : {})}>
          {note}
        </p>
      )}
    </div>
  );
}

export function SelectField<T extends string>(props: {
  label: string;
  value: T;
  options: ReadonlyArray<readonly [T, string]>;
  onChange: (value: T) => void;
  help?: string;
}) {
  const id = useId();
  return (
    <div className="ctl">
      <label className="lbl" htmlFor={id}>
        {props.label}
      </label>
      <div className="field">
        <select id={id} value={props.value} onChange={(event) => props.onChange(event.target.value as T)}>
          {props.options.map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      </div>
      {props.help && <p className="help">{props.help}</p>}
    </div>
  );
}

export function Switch({
  label,
  on,
  onChange,
}: {
  label: string;
  on: boolean;
  onChange: (on: boolean) => void;
}) {
  return (
    <button
      type="button"
      role="switch"
      className="sw"
      aria-checked={on}
      aria-label={label}
      onClick={() => onChange(!on)}
    />
  );
}

export function CopyButton({ text, label = "Copy" }: { text: string; label?: string }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    if (!(await copyText(text))) return toast(notCopied, { bad: true });
    setDone(true);
    setTimeout(() => setDone(false), 1500);
  };
  return (
    <IconButton
      icon={done ? "check" : "copy"}
      label={done ? "Copied" : label}
      look="s"
      onClick={() => void copy()}
    />
  );
}

const notCopied = "The browser did not let it be copied. Select the text and copy it by hand.";

export async function copyAndSay(text: string): Promise<void> {
  if (await copyText(text)) toast("Copied.");
  else toast(notCopied, { bad: true });
}

/** Whether it was copied. Over plain http the clipboard is closed to scripts except by the old command. */
async function copyText(text: string): Promise<boolean> {
  if (navigator.clipboard) {
    const written = navigator.clipboard.writeText(text);
    return written.then(
      () => true,
      () => false,
    );
  }
  const area = document.createElement("textarea");
  area.value = text;
  // Beside an open dialog nothing takes the focus.
  (document.querySelector("dialog[open]") ?? document.body).append(area);
  const focused = document.activeElement;
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
  return copied;
}
