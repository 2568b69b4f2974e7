/**
 * Who reads our output may have seen enough (`| head`): no error, then. What runs until it is told to stop, stops as if
 * told so. Returns whether the reader has gone.
 */
export function watchReader(): () => boolean {
  let gone = false;
  process.stdout.on('error', (error) => {
    if (!isBrokenPipe(error)) throw error;
    if (!gone) process.emit('SIGTERM');
    gone = true;
  });
  process.stderr.on('error', (error) => {
    if (!isBrokenPipe(error)) throw error;
  });
  return () => gone;
}

function isBrokenPipe(error: Error): boolean {
  return 'code' in error && error.code === 'EPIPE';
}
