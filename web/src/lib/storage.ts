/** localStorage that may be forbidden or full: then nothing is remembered, and nothing breaks. */
export function load(key: string): string | null {
  try {
    return localStorage.getItem(`tarun.${key}`);
  } catch {
    return null;
  }
}

export function save(key: string, value: string | null): void {
  try {
    if (value === null || value === "") localStorage.removeItem(`tarun.${key}`);
    else localStorage.setItem(`tarun.${key}`, value);
  } catch {
    // Private mode or a full disk.
  }
}
