/** A part of the app that could not be fetched, because the line or the server is away. */
export class PartMissing extends Error {
  constructor(cause: unknown) {
    super("This part of the app could not be fetched.", { cause });
    this.name = "PartMissing";
  }
}

const probeMs = 5000;

/**
 * Fetches a part of the app. If the server is there but the part is not, the server was replaced by a newer one: that
 * error is left as it is, and the router reloads the page once. Without a server a reload would lose the page.
 */
export function part<M>(load: () => Promise<M>): () => Promise<M> {
  return async () => {
    try {
      return await load();
    } catch (cause) {
      if (await serverAnswers()) throw cause;
      throw new PartMissing(cause);
    }
  };
}

async function serverAnswers(): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(probeMs);
    return (await fetch("/", { method: "HEAD", cache: "no-store", signal })).ok;
  } catch {
    return false;
  }
}
