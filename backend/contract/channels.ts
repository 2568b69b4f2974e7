/** Names of the IPC channels between window and main process, in a file of its own for the preload script. */
export const CHANNELS = { command: 'sidetone:command', message: 'sidetone:message', audio: 'sidetone:audio' };
