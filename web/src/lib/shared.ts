/**
 * What all tabs of this browser share: values by key, each in an item of its own, so that no tab writes over another's.
 * A change in one tab is in the stores of the others at once.
 */
import { followSaved, load, save, savedKeys } from "./storage.ts";
import { createStore, type Store } from "./store.ts";

export interface Shared<T> {
  /** To be followed; changed by the functions beside it only. */
  values: Store<Readonly<Record<string, T>>>;
  put(key: string, value: T): void;
  remove(key: string): void;
  /** Changes what this tab shows of it, and nothing else. */
  show(key: string, value: T): void;
  /** Reads storage itself: another tab may have changed or removed it a moment ago. */
  stored(key: string): T | undefined;
  clear(): void;
}

/** `read` makes a value of what was stored, or nothing of what is not one. */
export function createShared<T>(name: string, read: (stored: unknown) => T | undefined): Shared<T> {
  const beginning = `${name}:`;
  const values = createStore<Readonly<Record<string, T>>>(all());
  /** What could not be stored lives in this tab alone. */
  const unsaved = new Set<string>();

  function parse(text: string | null): T | undefined {
    if (text === null) return undefined;
    try {
      return read(JSON.parse(text));
    } catch {
      return undefined;
    }
  }
  function all(): Record<string, T> {
    const found: Record<string, T> = {};
    for (const key of savedKeys(beginning)) {
      const value = parse(load(key));
      if (value !== undefined) found[key.slice(beginning.length)] = value;
    }
    return found;
  }
  function keep(key: string, value: T | undefined): void {
    values.set((before) => {
      const { [key]: _, ...others } = before;
      return value === undefined ? others : { ...others, [key]: value };
    });
  }
  followSaved((item, text) => {
    if (item === null) values.set({});
    else if (item.startsWith(beginning)) keep(item.slice(beginning.length), parse(text));
  });
  // A page that the browser had put aside was told nothing.
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    const mine = Object.entries(values.get()).filter(([key]) => unsaved.has(key));
    values.set({ ...all(), ...Object.fromEntries(mine) });
  });

  return {
    values,
    put(key, value) {
      keep(key, value);
      if (save(beginning + key, JSON.stringify(value))) unsaved.delete(key);
      else unsaved.add(key);
    },
    remove(key) {
      keep(key, undefined);
      unsaved.delete(key);
      save(beginning + key, null);
    },
    show: keep,
    stored: (key) => (unsaved.has(key) ? values.get()[key] : parse(load(beginning + key))),
    clear() {
      values.set({});
      unsaved.clear();
      for (const key of savedKeys(beginning)) save(key, null);
    },
  };
}
