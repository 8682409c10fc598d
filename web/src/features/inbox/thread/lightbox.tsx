import { IconButton } from "@/ui/controls.tsx";
import { Dialog } from "@/ui/dialog.tsx";
import { Icon } from "@/ui/icons.tsx";

/** A picture as large as the screen. */
export function Lightbox({ url, name, onClose }: { url: string; name: string; onClose: () => void }) {
  return (
    <Dialog title={name} look="lightbox" plain onClose={onClose}>
      <div className="lb-top">
        <span className="grow clip">
          <bdi>{name}</bdi>
        </span>
        <a className="ib" href={url} download={name} aria-label="Download" title="Download">
          <Icon name="download" />
        </a>
        <IconButton icon="x" label="Close" keys="Esc" onClick={onClose} />
      </div>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: Esc closes */}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: a click beside the picture closes */}
      <div className="lb-mid" onClick={(event) => event.target === event.currentTarget && onClose()}>
        <img src={url} alt={name} />
      </div>
    </Dialog>
  );
}
