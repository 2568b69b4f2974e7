import { Notification } from 'electron';
import type { LineView } from '../backend/contract/sip.ts';
import { callerAddress, callerName } from './caller.ts';
import type { Text } from './text.ts';

export interface BellOptions {
  readonly text: () => Text;
  readonly settings: () => { readonly notifications: boolean; readonly ringtone: boolean };
  /** Whether the person looks at the window, which shows it all. */
  readonly looking: () => boolean;
  /** Brings the window before the person's eyes, without taking the keyboard away from what they do. */
  readonly attention: () => void;
  /** They want to see it: the window comes to the front with this call; null: as it is. */
  readonly show: (call: string | null) => void;
  readonly answer: (call: string) => void;
  readonly decline: (call: string) => void;
}

/** Notifications held at a time. */
const MAX_KEPT = 20;

/** The system's notifications of calls. The window plays the ringtone, also while it is hidden. */
export class Bell {
  readonly #options: BellOptions;
  /** By call: what is not held is collected as garbage, and its clicks go nowhere. */
  readonly #shown = new Map<string, Notification>();

  constructor(options: BellOptions) {
    this.#options = options;
  }

  /** A call goes on by itself where the person is not looking. */
  attention(): void {
    this.#options.attention();
  }

  ring(line: LineView): void {
    const { text, settings, attention, answer, decline } = this.#options;
    attention();
    const { answerCall, declineCall, incomingCall } = text();
    const notification = this.#notify(line, incomingCall(callerName(line)), {
      silent: settings().ringtone,
      urgency: 'critical',
      timeoutType: 'never',
      actions: [
        { type: 'button', text: answerCall },
        { type: 'button', text: declineCall },
      ],
    });
    notification?.on('action', ({ actionIndex }) => {
      this.#forget(line.call);
      if (actionIndex === 0) answer(line.call);
      else decline(line.call);
    });
  }

  /** It rings no longer. */
  quiet(call: string): void {
    const notification = this.#shown.get(call);
    this.#forget(call);
    notification?.close();
  }

  missed(line: LineView): void {
    this.#notify(line, this.#options.text().missedCall(callerName(line)), {});
  }

  /** The window was closed, and Sidetone goes on without it. */
  goesOn(): void {
    if (!Notification.isSupported()) return;
    const { goesOn, goesOnMeaning } = this.#options.text();
    const notification = new Notification({ title: goesOn, body: goesOnMeaning, silent: true });
    this.#keep('', notification);
    notification.on('click', () => this.#options.show(null));
    notification.show();
  }

  #notify(line: LineView, title: string, more: Electron.NotificationConstructorOptions): Notification | null {
    const { settings, looking, show } = this.#options;
    if (!settings().notifications || looking() || !Notification.isSupported()) return null;
    const { call } = line;
    const notification = new Notification({
      title,
      body: `${callerAddress(line)}\n${line.account}`,
      ...more,
    });
    this.#keep(call, notification);
    notification.on('click', () => show(call));
    notification.show();
    return notification;
  }

  #keep(call: string, notification: Notification): void {
    this.quiet(call);
    // Not every system says when one is closed.
    for (const oldest of this.#shown.keys()) {
      if (this.#shown.size < MAX_KEPT) break;
      this.#forget(oldest);
    }
    this.#shown.set(call, notification);
    notification.on('close', () => {
      if (this.#shown.get(call) === notification) this.#forget(call);
    });
  }

  #forget(call: string): void {
    this.#shown.delete(call);
  }
}
