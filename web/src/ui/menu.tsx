import { type KeyboardEvent, type ReactNode, useEffect, useLayoutEffect, useRef, useState } from "react";
import { Icon, type IconName } from "./icons.tsx";
import "./layers.css";

export interface MenuItem {
  label: string;
  icon?: IconName;
  lead?: ReactNode;
  keys?: string;
  /** For a choice: whether it is the present one. */
  checked?: boolean;
  danger?: boolean;
  onSelect: () => void;
}

/** A button that unfolds a menu. Arrow keys move, Enter takes, Esc closes and returns to the button. */
export function Menu(props: {
  label: string;
  items: MenuItem[];
  button: (open: boolean) => ReactNode;
  buttonClass: string;
  disabled?: boolean;
  /** Which edge of the button the menu keeps to. */
  side?: "left" | "right";
  /** Raised to open it from outside, by a shortcut. */
  signal?: number;
}) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const { signal } = props;

  useEffect(() => {
    if (signal) setOpen(true);
  }, [signal]);
  // In the top layer, so that no scrolling box cuts it off; above the button where there is no room beneath.
  useLayoutEffect(() => {
    const menu = list.current;
    const from = button.current?.getBoundingClientRect();
    if (!open || !menu || !from) return;
    menu.showPopover();
    const { width, height } = menu.getBoundingClientRect();
    const left = props.side === "left" ? from.left : from.right - width;
    menu.style.left = `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`;
    const below = from.bottom + 4;
    menu.style.top = `${below + height > innerHeight - 8 ? Math.max(8, from.top - height - 4) : below}px`;
  }, [open, props.side]);
  useEffect(() => {
    if (!open) return;
    const items = root.current?.querySelectorAll<HTMLElement>("[role^=menuitem]");
    (root.current?.querySelector<HTMLElement>('[aria-checked="true"]') ?? items?.[0])?.focus();
    const outside = (event: PointerEvent) => {
      if (!root.current?.contains(event.target as Node)) setOpen(false);
    };
    const away = () => setOpen(false);
    addEventListener("pointerdown", outside);
    addEventListener("resize", away);
    return () => {
      removeEventListener("pointerdown", outside);
      removeEventListener("resize", away);
    };
  }, [open]);

  const move = (event: KeyboardEvent) => {
    if (!open) return;
    const items = [...(root.current?.querySelectorAll<HTMLElement>("[role^=menuitem]") ?? [])];
    const at = items.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      items.at(to % items.length)?.focus();
    } else if (event.key === "Escape" || event.key === "Tab") {
      event.stopPropagation();
      setOpen(false);
      if (event.key === "Escape") event.preventDefault();
      button.current?.focus();
    } else if (/^[a-z]$/i.test(event.key) && !event.ctrlKey && !event.metaKey) {
      event.stopPropagation();
      items
        .find((item) => item.textContent?.trim().toLowerCase().startsWith(event.key.toLowerCase()))
        ?.focus();
    }
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys are those of the menu within
    <div className="anchor" ref={root} onKeyDown={move}>
      <button
        type="button"
        ref={button}
        className={props.buttonClass}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-label={props.label}
        title={props.label}
        disabled={props.disabled}
        onClick={() => setOpen(!open)}
      >
        {props.button(open)}
      </button>
      {open && (
        <div className="menu" popover="manual" ref={list} role="menu" aria-label={props.label}>
          {props.items.map((item, index) => (
            <button
              // biome-ignore lint/suspicious/noArrayIndexKey: two people may have one name
              key={index}
              type="button"
              role={item.checked === undefined ? "menuitem" : "menuitemradio"}
              {...(item.checked === undefined ? {} : { "aria-checked": item.checked })}
              className={item.danger ? "danger" : ""}
              tabIndex={-1}
              onClick={() => {
                setOpen(false);
                button.current?.focus();
                item.onSelect();
              }}
            >
              {item.lead ?? (item.icon && <Icon name={item.icon} size="s" />)}
              <span className="grow clip">{item.label}</span>
              {item.checked && <Icon name="check" size="s" />}
              {item.keys && <kbd>{item.keys}</kbd>}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
