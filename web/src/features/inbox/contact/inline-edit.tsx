import { type ReactNode, useState } from "react";
import { ApiError, fieldErrors, words } from "@/api/problem.ts";
import { composing } from "@/lib/shortcuts.ts";
import { Icon } from "@/ui/icons.tsx";

/** A value that turns into a field when clicked. Enter and leaving save, Esc restores; a tick says that it is saved. */
export function InlineEdit(props: {
  label: string;
  value: string;
  type?: "text" | "email";
  maxLength: number;
  show: ReactNode;
  hint?: string;
  save: (value: string) => Promise<void>;
}) {
  const [editing, setEditing] = useState(false);
  const [text, setText] = useState("");
  const [wrong, setWrong] = useState("");
  const [saved, setSaved] = useState(false);
  const [busy, setBusy] = useState(false);

  const begin = () => {
    setText(props.value);
    setWrong("");
    setEditing(true);
  };
  const commit = async () => {
    if (busy) return;
    const value = text.trim();
    if (value === props.value) return setEditing(false);
    if (props.type === "email" && value !== "" && !/^\S+@\S+\.\S+$/.test(value)) {
      return setWrong("Write it like name@business.example.");
    }
    setBusy(true);
    try {
      await props.save(value);
      setEditing(false);
      setSaved(true);
      setTimeout(() => setSaved(false), 1000);
    } catch (error) {
      const field = error instanceof ApiError ? Object.values(fieldErrors(error))[0] : undefined;
      setWrong(field ?? (error instanceof ApiError ? words(error) : (error as Error).message));
    } finally {
      setBusy(false);
    }
  };

  if (!editing) {
    return (
      <button type="button" className="inline" title={`Edit ${props.label.toLowerCase()}`} onClick={begin}>
        <span className="sr">{props.label}: </span>
        <span className="clip">{props.show}</span>
        {saved && <Icon name="check" size="xs" className="saved" />}
      </button>
    );
  }
  return (
    <span className="inline-form">
      <input
        // biome-ignore lint/a11y/noAutofocus: the click on the value asked for the field
        autoFocus
        type={props.type ?? "text"}
        aria-label={props.label}
        aria-invalid={wrong !== ""}
        value={text}
        maxLength={props.maxLength}
        onChange={(event) => setText(event.target.value)}
        onBlur={() => void commit()}
        onKeyDown={(event) => {
          if (composing(event.nativeEvent)) return;
          if (event.key === "Enter") void commit();
          if (event.key === "Escape") {
            event.preventDefault();
            event.stopPropagation();
            setEditing(false);
          }
        }}
      />
      {(wrong || props.hint) && (
        <span className={wrong ? "wrong" : "help"} {...(wrong ? { role: "alert" } : {})}>
          {wrong || props.hint}
        </span>
      )}
    </span>
  );
}
