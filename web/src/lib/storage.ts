/** localStorage that may be forbidden or full: then nothing is remembered, and nothing breaks. */
const prefix = "tarun.";

export function load(key: string): string | null {
  try {
    return localStorage.getItem(prefix + key);
  } catch {
    return null;
  }
}

/** `false`: it is not remembered, because of private mode or a full disk. */
export function save(key: string, value: string | null): boolean {
  try {
    if (value === null || value === "") localStorage.removeItem(prefix + key);
    else localStorage.setItem(prefix + key, value);
    return true;
  } catch {
    return false;
  }
}

/** The keys that begin so. */
export function savedKeys(beginning: string): string[] {
  try {
    return Object.keys(localStorage)
      .filter((key) => key.startsWith(prefix + beginning))
      .map((key) => key.slice(prefix.length));
  } catch {
    return [];
  }
}

/** Follows what the other tabs of this browser save. A key of `null`: all was cleared. */
export function followSaved(told: (key: string | null, value: string | null) => void): void {
  addEventListener("storage", (event) => {
    if (event.storageArea !== localStorage) return;
    if (event.key === null) told(null, null);
    else if (event.key.startsWith(prefix)) told(event.key.slice(prefix.length), event.newValue);
  });
}
