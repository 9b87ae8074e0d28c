/* The real server on a folder of its own: started, killed and started again. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const START_MS = 60_000;

export class Server {
  constructor(program, options = []) {
    this.program = program;
    this.options = options; /* further ones of `bellman serve` */
    this.folder = mkdtempSync(join(tmpdir(), "bellman-e2e-"));
    this.data = join(this.folder, "data");
    this.port = 0;
    this.log = "";
    this.process = null;
    this.setupLink = null;
  }

  get origin() {
    return `http://127.0.0.1:${this.port}`;
  }

  /* The same port again after a restart, so that open pages find it. */
  async start() {
    const args = ["serve", "--data", this.data, "--listen", `127.0.0.1:${this.port}`, ...(this.watchesClock ? [] : ["--no-time-service"]), ...this.options];
    const child = spawn(this.program, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...this.env } });
    this.process = child;
    let text = "";
    await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`the server did not start:\n${text}`)), START_MS);
      const read = (chunk) => {
        text += chunk;
        this.log += chunk;
        const address = /listens on http:\/\/127\.0\.0\.1:(\d+)\n/.exec(text);
        if (!address) return;
        this.port = Number(address[1]);
        clearTimeout(timer);
        this.setupLink = /http:\/\/\S+\/setup#\S+/.exec(text)?.[0] ?? null; /* written in one breath with the address */
        resolve();
      };
      child.stdout.on("data", read);
      child.stderr.on("data", read);
      child.on("exit", (code, signal) => {
        clearTimeout(timer);
        reject(new Error(`the server ended at once (${code ?? signal}):\n${text}`));
      });
    });
  }

  end(signal) {
    const child = this.process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
    return new Promise((resolve) => {
      child.once("exit", resolve);
      child.kill(signal);
    });
  }

  kill() {
    return this.end("SIGKILL");
  }

  /* Stops it in peace; what it has to say against itself, or null. */
  async stop() {
    const child = this.process;
    await this.end("SIGTERM");
    if (/Sanitizer|runtime error:/.test(this.log)) return "a sanitizer complained";
    return child?.exitCode === 0 ? null : `it ended with ${child?.exitCode ?? child?.signalCode}`;
  }

  remove() {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/* The API as a program uses it: a bearer token, no browser. */
export class Client {
  constructor(server, token = null) {
    this.server = server;
    this.token = token;
  }

  async call(method, path, body, headers = {}) {
    const all = { "Content-Type": "application/json", ...headers };
    if (this.token) all.Authorization = `Bearer ${this.token}`;
    const init = { method, headers: all };
    if (body !== undefined) init.body = typeof body === "string" ? body : JSON.stringify(body); /* a file as it is */
    const response = await fetch(this.server.origin + path, init);
    const text = await response.text();
    return { status: response.status, body: text ? JSON.parse(text) : null };
  }

  async must(method, path, body, headers) {
    const answer = await this.call(method, path, body, headers);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  async logIn(login, password) {
    this.token = (await this.must("POST", "/v1/sessions", { login, password })).token;
    return this;
  }
}
