/** A browser without scripts: it keeps cookies, follows nothing by itself, and says where a form comes from unless a test says otherwise. */
export class Browser {
  readonly #api: string;
  readonly #jar = new Map<string, string>();
  readonly set: string[] = [];

  constructor(api: string) {
    this.#api = api;
  }

  async go(
    url: string,
    form?: Record<string, string>,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; text: string; location: string }> {
    const formHeaders = { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' };
    const all = {
      cookie: [...this.#jar].map(([name, value]) => `${name}=${value}`).join('; '),
      ...(form === undefined ? {} : formHeaders),
      ...headers,
    };
    const answer = await fetch(new URL(url, this.#api), {
      redirect: 'manual',
      // One that a test made empty is not sent at all.
      headers: Object.entries(all).filter(([, value]) => value !== ''),
      ...(form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form).toString() }),
    });
    for (const cookie of answer.headers.getSetCookie()) {
      this.set.push(cookie);
      const [pair = ''] = cookie.split(';');
      const mark = pair.indexOf('=');
      if (/max-age=0/i.test(cookie)) this.#jar.delete(pair.slice(0, mark));
      else this.#jar.set(pair.slice(0, mark), pair.slice(mark + 1));
    }
    return { status: answer.status, text: await answer.text(), location: answer.headers.get('location') ?? '' };
  }

  /** To the address at which the issuer sends the browser back, as this person; not opened yet. */
  async signIn(link: string, email: string): Promise<string> {
    let { location } = await this.go(`/signin?returnTo=${encodeURIComponent(link)}`);
    for (let step = 0; step < 8; step++) {
      if (new URL(location, this.#api).pathname === '/callback') return location;
      const login = location.includes('/local/oidc/login/');
      ({ location } = await this.go(location, login ? { email } : undefined));
    }
    throw new Error(`the sign-in ended at ${location}`);
  }
}
