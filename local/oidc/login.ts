import type { Person } from '../people.ts';

/** The page on which a person on a laptop chooses who to be. There is no password: whoever reaches it owns the machine. */
export function loginPage(people: readonly Person[]): string {
  const buttons = people
    .map(
      ({ email, name, groups }) =>
        `<button name="email" value="${escapeHtml(email)}"><b>${escapeHtml(name)}</b> ${escapeHtml(email)}<br><small>${escapeHtml(groups.join(', '))}</small></button>`,
    )
    .join('\n');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Who are you? · Countersign on this laptop</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 36rem; margin: 2rem auto; padding: 0 1rem; }
form { display: grid; gap: .5rem; }
button { font: inherit; text-align: left; padding: .5rem .75rem; cursor: pointer; }
</style>
</head>
<body>
<h1>Who are you?</h1>
<p>This sign-in exists only on this laptop.</p>
<form method="post">
${buttons}
</form>
</body>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
