import { type FormEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { ApiError, fieldErrors, words } from "@/api/problem.ts";
import { begin } from "@/api/session.ts";
import type { Session } from "@/api/types.ts";
import { Mark } from "@/ui/brand.tsx";
import { Button, TextField } from "@/ui/controls.tsx";
import "./auth.css";

export interface FieldSpec {
  name: string;
  label: string;
  type?: "text" | "email" | "password";
  autoComplete: string;
  help?: string;
  maxLength?: number;
}

type Values = Record<string, string>;

/** The checks that need no server, in words. */
function check(fields: FieldSpec[], values: Values, fresh: boolean): Values {
  const wrong: Values = {};
  for (const { name, label, type } of fields) {
    const value = values[name]?.trim() ?? "";
    if (value === "") wrong[name] = `Fill in: ${label.toLowerCase()}.`;
    else if (type === "email" && !/^\S+@\S+\.\S+$/.test(value))
      wrong[name] = "Write it like name@business.example.";
    else if (type === "password" && fresh && value.length < 8) wrong[name] = "Use 8 characters or more.";
  }
  return wrong;
}

/** One form for signing in, signing up, joining and setting a new password: they differ in fields and words. */
export function AuthForm(props: {
  title: string;
  lede: ReactNode;
  fields: FieldSpec[];
  action: string;
  /** Whether a password is being chosen, not given. */
  fresh: boolean;
  submit: (values: Values) => Promise<Session>;
  onDone: () => void;
  refusals?: Record<string, string>;
  children?: ReactNode;
}) {
  const [values, setValues] = useState<Values>({});
  const [wrong, setWrong] = useState<Values>({});
  const [refused, setRefused] = useState("");
  const [busy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => form.current?.querySelector("input")?.focus(), []);

  const show = (errors: Values) => {
    setWrong(errors);
    const first = props.fields.find((field) => errors[field.name]);
    if (first) form.current?.querySelector<HTMLInputElement>(`[name="${first.name}"]`)?.focus();
  };
  const onSubmit = async (event: FormEvent) => {
    event.preventDefault();
    const missing = check(props.fields, values, props.fresh);
    if (Object.keys(missing).length > 0) return show(missing);
    setBusy(true);
    setRefused("");
    try {
      begin(await props.submit(values));
      props.onDone();
    } catch (error) {
      const byField = fieldErrors(error);
      show(byField);
      const code = error instanceof ApiError ? error.code : "";
      if (Object.keys(byField).length === 0) setRefused(props.refusals?.[code] ?? words(error));
    } finally {
      setBusy(false);
    }
  };

  return (
    <main className="auth">
      <div className="sheet-card">
        <div className="brand">
          <Mark size={26} />
          Tarun
        </div>
        <h1>{props.title}</h1>
        <p className="lede">{props.lede}</p>
        {refused && (
          <p className="refused" role="alert">
            {refused}
          </p>
        )}
        <form ref={form} onSubmit={(event) => void onSubmit(event)} noValidate>
          {props.fields.map((field) => (
            <TextField
              key={field.name}
              name={field.name}
              label={field.label}
              type={field.type ?? "text"}
              autoComplete={field.autoComplete}
              maxLength={field.maxLength ?? 200}
              help={field.help}
              error={wrong[field.name]}
              value={values[field.name] ?? ""}
              onChange={(event) => {
                setValues({ ...values, [field.name]: event.target.value });
                if (wrong[field.name]) {
                  const { [field.name]: _, ...others } = wrong;
                  setWrong(others);
                }
              }}
            />
          ))}
          <Button type="submit" look="pri l" busy={busy}>
            {props.action}
          </Button>
        </form>
        {props.children}
      </div>
    </main>
  );
}
