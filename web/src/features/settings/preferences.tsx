import { useState } from "react";
import { notice } from "@/lib/notice.ts";
import { setSingleKeysOff, singleKeysOff } from "@/lib/shortcuts.ts";
import { load, save } from "@/lib/storage.ts";
import { useStore } from "@/lib/store.ts";
import { chooseTheme, type Theme, theme } from "@/lib/theme.ts";
import { Switch } from "@/ui/controls.tsx";
import { toast } from "@/ui/toast.tsx";

const themes: ReadonlyArray<readonly [Theme, string]> = [
  ["system", "System"],
  ["light", "Light"],
  ["dark", "Dark"],
];

/** How the app looks and speaks up, in this browser. */
export function Preferences() {
  const chosen = useStore(theme);
  const [notify, setNotify] = useState(load("notify") === "on");
  const [singleKeys, setSingleKeys] = useState(!singleKeysOff());

  const changeNotify = async (on: boolean) => {
    if (on && typeof Notification === "undefined")
      return toast("This browser has no notifications.", { bad: true });
    if (on && (await Notification.requestPermission()) !== "granted") {
      return toast("The browser blocks notifications for this address. Allow them in its settings.", {
        bad: true,
      });
    }
    if (on && !notice("Notifications are on", { icon: "/favicon.svg" }))
      return toast("This browser does not let pages notify you.", { bad: true });
    save("notify", on ? "on" : null);
    setNotify(on);
  };

  return (
    <div className="card narrow">
      <header>
        <h2>This browser</h2>
      </header>
      <div className="in">
        <div className="option">
          <span className="grow" id="theme-label">
            Theme
          </span>
          <div className="seg" role="radiogroup" aria-labelledby="theme-label">
            {themes.map(([value, label]) => (
              <button
                key={value}
                type="button"
                role="radio"
                aria-checked={chosen === value}
                className={chosen === value ? "on" : ""}
                onClick={() => chooseTheme(value)}
              >
                {label}
              </button>
            ))}
          </div>
        </div>
        <div className="option">
          <span className="grow">
            Notifications
            <p>When a customer writes and this tab is hidden.</p>
          </span>
          <Switch label="Notifications" on={notify} onChange={(on) => void changeNotify(on)} />
        </div>
        <div className="option">
          <span className="grow">
            Single-letter shortcuts
            <p>J, K, E and others. Shortcuts with Ctrl always work.</p>
          </span>
          <Switch
            label="Single-letter shortcuts"
            on={singleKeys}
            onChange={(on) => {
              setSingleKeysOff(!on);
              setSingleKeys(on);
            }}
          />
        </div>
      </div>
    </div>
  );
}
