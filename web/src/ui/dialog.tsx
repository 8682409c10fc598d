import { type ReactNode, useEffect, useRef } from "react";
import { IconButton } from "./controls.tsx";
import "./layers.css";

/**
 * A dialog, a drawer from the right (`look="drawer"`) or a lightbox. The browser's own: it keeps the focus inside, closes
 * with Esc and gives the focus back to what opened it.
 */
export function Dialog(props: {
  title: string;
  onClose: () => void;
  look?: "wide" | "drawer" | "lightbox" | "palette";
  plain?: boolean;
  /** Holds what cannot be had again, or was typed: a click beside it does not close it. */
  keep?: boolean;
  children: ReactNode;
}) {
  const ref = useRef<HTMLDialogElement>(null);
  /** A drag that began inside, to select text, ends in a click on the backdrop, which means nothing. */
  const pressedBeside = useRef(false);
  useEffect(() => {
    const dialog = ref.current;
    const opener = document.activeElement;
    dialog?.showModal();
    return () => {
      dialog?.close();
      if (opener instanceof HTMLElement) opener.focus();
    };
  }, []);
  return (
    <dialog
      ref={ref}
      className={props.look ?? ""}
      aria-label={props.title}
      onCancel={(event) => {
        event.preventDefault();
        props.onClose();
      }}
      onPointerDown={(event) => {
        pressedBeside.current = event.target === ref.current;
      }}
      onClick={(event) => {
        if (event.target === ref.current && pressedBeside.current && !props.keep) props.onClose();
      }}
      onKeyDown={(event) => event.stopPropagation()}
    >
      {!props.plain && (
        <header>
          <h2>{props.title}</h2>
          <IconButton icon="x" label="Close" keys="Esc" onClick={props.onClose} />
        </header>
      )}
      {props.children}
    </dialog>
  );
}
