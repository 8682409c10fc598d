import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A second Tarun with its own demo and data folder, which a test may stop and start without disturbing the others. */
export class Program {
  email = "";
  password = "";
  /** The simulator's address, which may change with each start. */
  phone = "";
  private child: ChildProcess | undefined;

  private constructor(
    readonly url: string,
    private readonly folder: string,
  ) {}

  static async start(): Promise<Program> {
    // Where the databases' own user can reach it.
    const folder = await mkdtemp(join(tmpdir(), "tarun-e2e."));
    await chmod(folder, 0o755);
    const program = new Program(`http://127.0.0.1:${await freePort()}`, folder);
    await program.start();
    return program;
  }

  /** Starts it, also again, and waits until it says that it is ready. */
  async start(): Promise<void> {
    const child = spawn(process.env.TARUN_BIN ?? "tarun", ["up", "--demo"], {
      env: { ...process.env, TARUN_DATA_DIR: this.folder, TARUN_LISTEN: new URL(this.url).host },
      stdio: ["ignore", "pipe", "ignore"],
    });
    this.child = child;
    await new Promise<void>((resolve, reject) => {
      let said = "";
      // Read to the end of its life: a pipe that nobody reads is one that the program cannot write to.
      child.stdout.on("data", (words) => {
        said += String(words);
        const ready =
          /Sign in as (\S+) with the password (\S+)\s+Be its customer on the phone at (\S+)\n/.exec(said);
        if (!ready) return;
        [, this.email = "", this.password = "", this.phone = ""] = ready;
        resolve();
      });
      child.once("exit", () => reject(new Error(`The program ended before it was ready: ${said}`)));
    });
  }

  async stop(): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (!child || child.exitCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    await ended;
  }

  async remove(): Promise<void> {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port is free");
  return address.port;
}
