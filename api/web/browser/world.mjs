// A server of its own, a browser, and hands to use them. What is shared by all browser tests.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';

/** A bound for a broken build, not a measure, in milliseconds. */
const PATIENCE = 60_000;
const LOOK = 25;
export const PASSWORD = 'correct horse battery';

const target = process.env.CARGO_TARGET_DIR ?? path.join(os.homedir(), '.cache/opensail/target');
const PROGRAM = process.env.OPENSAIL_UNDER_TEST ?? path.join(target, 'debug/opensail-under-test');
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
/** Its sandbox cannot be set up by root; shared memory is small in containers. */
const ARGUMENTS = ['--disable-dev-shm-usage', ...(process.getuid() === 0 ? ['--no-sandbox'] : [])];
/** Where pictures of pages are put. */
export const PICTURES = process.env.OPENSAIL_PICTURES ?? path.join(target, 'console-pictures');

/** Looks until something is there. The only waiting beside the browser's own. */
export async function until(what, look, patience = PATIENCE) {
  const end = Date.now() + patience;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK));
  }
}

export class World {
  #server;
  #browser;
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'opensail-console-'));
  home = path.join(this.folder, 'home');
  url = '';
  /** What pages complained about. */
  complaints = [];

  /** A running server over an empty data folder, and a browser; both end with the test. */
  static async start(test, environment = {}) {
    const world = new World();
    world.environment = environment;
    test.after(() => world.end());
    fs.mkdirSync(path.join(world.folder, 'work'));
    await world.serve();
    world.#browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS });
    return world;
  }

  /** A restart keeps the port, so that pages find it again. */
  async serve() {
    fs.rmSync(path.join(this.home, 'server.url'), { force: true });
    const log = fs.openSync(path.join(this.folder, 'log'), 'a');
    const { PATH, HOME, USER } = process.env;
    const env = { PATH, HOME, USER, OPENSAIL_HOME: this.home, OPENSAIL_PROJECT_ROOTS: path.join(this.folder, 'work'), ...this.environment };
    this.#server = spawn(PROGRAM, ['serve'], { env: { ...env, OPENSAIL_LISTEN: this.url.slice('http://'.length) || '127.0.0.1:0' }, stdio: ['ignore', log, log] });
    fs.closeSync(log);
    this.url = await until('the server', async () => {
      assert.equal(this.#server.exitCode, null, this.log());
      const url = read(path.join(this.home, 'server.url'))?.trim();
      const ready = url && (await fetch(`${url}/readyz`).catch(() => null));
      return ready?.ok && url;
    });
    this.token = read(path.join(this.home, 'cli.token')).trim();
  }

  /** `kill -9`. */
  async kill() {
    const gone = once(this.#server, 'exit');
    this.#server.kill('SIGKILL');
    await gone;
  }

  async end() {
    await this.#browser?.close();
    if (this.#server.exitCode === null && this.#server.signalCode === null) await this.kill();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  log() {
    return read(path.join(this.folder, 'log')) ?? '';
  }

  /** The link that the first start prints. */
  link() {
    return this.log().match(/http\S+\/sign-in#\S+/)[0];
  }

  /** A browser of its own for one person. */
  async person(options = {}) {
    const context = await this.#browser.newContext({ baseURL: this.url, viewport: { width: 1280, height: 800 }, ...options });
    context.setDefaultTimeout(PATIENCE);
    context.on('page', (page) => {
      page.on('pageerror', (error) => this.complaints.push(error.message));
      // A server that is away or refuses is told by the browser as an error; that is what some tests are about.
      page.on('console', (message) => message.type() === 'error' && !/Failed to load resource|net::ERR/.test(message.text()) && this.complaints.push(message.text()));
    });
    return context;
  }

  /** The owner, arrived by the printed link with a password set, on the page of projects. */
  async owner(options) {
    const context = await this.person(options);
    const page = await context.newPage();
    await page.goto(this.link());
    await page.getByRole('heading', { name: 'Projects', level: 1 }).waitFor();
    return { context, page };
  }

  /** As the owner, by the command line's token. */
  async api(method, url, body) {
    const headers = { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' };
    const response = await fetch(this.url + url, { method, headers, body: body && JSON.stringify(body) });
    const text = await response.text();
    assert.ok(response.ok, `${method} ${url}: ${response.status} ${text}`);
    return text ? JSON.parse(text) : null;
  }

  /** The command line on the server's machine; answers what it printed. */
  async cli(...words) {
    const { PATH, HOME, USER } = process.env;
    return (await promisify(execFile)(PROGRAM, words, { env: { PATH, HOME, USER, OPENSAIL_HOME: this.home } })).stdout;
  }

  /** With the server down: an event that the view of projects cannot take in, so that it sets the project aside. */
  async bornTwice(project) {
    await promisify(execFile)(PROGRAM, [], { env: { OPENSAIL_HOME: this.home, WRITE_A_SECOND_BIRTH: project } });
  }

  projectFolder(name) {
    const folder = path.join(this.folder, 'work', name);
    fs.mkdirSync(folder, { recursive: true });
    return folder;
  }

  async project(name) {
    const team = await until('a team', async () => (await this.api('GET', '/api/v1/teams')).items[0]?.id);
    const folder = this.projectFolder(name);
    const { id } = await this.api('POST', '/api/v1/projects', { team_id: team, name, source: { kind: 'folder', path: folder } });
    await until('the project', async () => (await this.api('GET', `/api/v1/projects/${id}`).catch(() => null))?.status === 'ready');
    return { id, folder, team };
  }

  async session(project, body) {
    return (await this.api('POST', `/api/v1/projects/${project}/sessions`, body)).id;
  }

  async status(session, wanted) {
    return until(`session to be ${wanted}`, async () => {
      const { status } = await this.api('GET', `/api/v1/sessions/${session}`).catch(() => ({}));
      return status === wanted;
    });
  }

  /** Every event of a session. */
  async events(session) {
    const all = [];
    for (let after = ''; ; ) {
      const page = await this.api('GET', `/api/v1/sessions/${session}/events?limit=200${after}`);
      all.push(...page.items);
      if (page.next === null) return all;
      after = `&after=${encodeURIComponent(page.next)}`;
    }
  }

  /** A script for the scripted model; answers the model's name that plays it. */
  script(...lines) {
    const file = path.join(this.folder, `script-${Math.random().toString(36).slice(2)}.jsonl`);
    fs.writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    return `scripted:${file}`;
  }

  /** Nothing went wrong behind the page's back: no uncaught error, nothing that the page's own policy refused. */
  quiet() {
    assert.deepEqual(this.complaints, []);
  }
}

function read(file) {
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : null;
}

export const say = (text) => ({ text });
export const shell = (command, text = 'Running it.') => ({ text, tool_calls: [{ name: 'bash_exec', arguments: { command } }] });
export const write = (file_path, content) => ({ text: `Writing ${file_path}.`, tool_calls: [{ name: 'write_file', arguments: { file_path, content } }] });

/** The question about a tool, as it stands on the page. */
export const question = (page, tool) => page.getByRole('region', { name: `Allow ${tool}?` });
/** Waits for the state that the head of a session's page shows. */
export const shows = (page, status) => page.locator('.session-head').getByRole('status').filter({ hasText: status }).waitFor();
