import type { ReactNode } from "react";
import { begin } from "@/api/session.ts";
import type { Session } from "@/api/types.ts";
import { Mark } from "@/ui/brand.tsx";
import { type FieldSpec, FieldsForm, type Values } from "@/ui/form.tsx";
import "./auth.css";

/** Signing in, signing up, joining and setting a new password differ in fields and words only. */
export function AuthForm(props: {
  title: string;
  lede: ReactNode;
  fields: FieldSpec[];
  action: string;
  submit: (values: Values) => Promise<Session>;
  onDone?: () => void;
  children?: ReactNode;
}) {
  return (
    <main className="auth">
      <div className="sheet-card">
        <div className="brand">
          <Mark size={26} />
          Tarun
        </div>
        <h1>{props.title}</h1>
        <p className="lede">{props.lede}</p>
        <FieldsForm
          fields={props.fields}
          action={props.action}
          submit={async (values) => {
            begin(await props.submit(values));
            props.onDone?.();
          }}
        />
        {props.children}
      </div>
    </main>
  );
}
