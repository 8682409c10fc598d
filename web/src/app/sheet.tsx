import { controlKey } from "@/lib/shortcuts.ts";
import { Dialog } from "@/ui/dialog.tsx";
import "./overlays.css";

const groups: ReadonlyArray<readonly [string, ReadonlyArray<readonly [string, string]>]> = [
  [
    "Anywhere",
    [
      [`${controlKey} K`, "Search or jump"],
      ["G I", "Inbox"],
      ["G S", "Settings"],
      ["/", "Search the inbox"],
      ["[", "Fold the sidebar"],
      ["Z", "Undo"],
      ["?", "This sheet"],
      ["Esc", "Close the top layer"],
    ],
  ],
  [
    "Conversation",
    [
      ["J  K", "Next, previous"],
      ["R", "Reply"],
      ["N", "Internal note"],
      ["Q", "Quote the selected message"],
      ["E", "Resolve and go to the next"],
      ["P", "Pending"],
      ["!", "Spam"],
      ["A", "Assign"],
      ["I", "Assign to me"],
      ["U", "Mark unread"],
      ["]", "Contact details"],
    ],
  ],
  [
    "Composer",
    [
      ["Enter", "Send"],
      ["Shift Enter", "New line"],
      [`${controlKey} Enter`, "Send and resolve"],
    ],
  ],
];

/** All keys on one page. */
export function Sheet({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keyboard shortcuts" look="wide" onClose={onClose}>
      <div className="body sheet">
        {groups.map(([title, rows]) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl>
              {rows.map(([keys, what]) => (
                <div key={keys}>
                  <dt>{what}</dt>
                  <dd>
                    <kbd>{keys}</kbd>
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
