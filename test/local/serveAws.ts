import { startAws } from './aws.ts';

// Run as a process of its own, so that a test can kill it: prints its URL and serves the folder that it is given.
const aws = await startAws({ dataDir: process.argv[2] ?? '' });
process.stdout.write(`${aws.url}\n`);
