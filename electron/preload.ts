import { contextBridge, ipcRenderer, webUtils } from 'electron';

/**
 * The window's side of the gate. It forwards and judges nothing: the main process checks every request. The names of
 * the channels stand in contract/window.ts too; a sandboxed preload script can load no other file than itself, so
 * they are bundled in.
 */
import { CHANNELS } from '../backend/contract/channels.ts';

contextBridge.exposeInMainWorld('sidetone', {
  ask: (command: unknown, request: unknown): Promise<unknown> =>
    ipcRenderer.invoke(CHANNELS.command, command, request),
  onMessage: (handler: (name: unknown, content: unknown) => void): void => {
    ipcRenderer.on(CHANNELS.message, (_event, name: unknown, content: unknown) => handler(name, content));
  },
  /** Where a file lies that a person has dropped; '' for one that a script has made. */
  pathOf: (file: File): string => webUtils.getPathForFile(file),
  openAudio: (): void => {
    const { port1, port2 } = new MessageChannel();
    ipcRenderer.postMessage(CHANNELS.audio, null, [port1]);
    // The context bridge carries no ports; a message to the page itself does.
    window.postMessage(CHANNELS.audio, '*', [port2]);
  },
});
