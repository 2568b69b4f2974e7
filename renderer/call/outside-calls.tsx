import { isEveryAddress, showAddress } from '../../backend/base/address.ts';
import { useState, type ReactNode } from 'react';
import { useTexts } from '../base/text.ts';
import { restartListener } from '../state/actions.ts';
import { useApp } from '../state/app.ts';
import { Button } from '../ui/button.tsx';
import { Tabs } from '../ui/tabs.tsx';
import './call.css';
import { useStarting } from './placing.ts';
import { callText } from './text.ts';

type Sender = 'asterisk' | 'sipp' | 'ffmpeg';

/** How to send calls here from elsewhere, with the address that answers now. */
export function OutsideCalls(): ReactNode {
  const t = useTexts(callText);
  const listening = useApp(({ status }) => status?.listening ?? null);
  const problem = useApp(({ status }) => status?.listenProblem ?? null);
  const starting = useStarting();
  const [sender, setSender] = useState<Sender>('asterisk');
  if (!listening || problem) {
    return (
      <section className="call-outside" aria-label={t.ownCalls}>
        <h3>{t.ownCalls}</h3>
        <p role="status">{starting ? t.starting : t.notListening}</p>
        {problem && (
          <p className="call-faint">{[problem.message, problem.hint].filter(Boolean).join('. ')}</p>
        )}
        {!starting && <Button onClick={() => void restartListener()}>{t.retry}</Button>}
      </section>
    );
  }
  const anywhere = isEveryAddress(listening.host);
  const host = anywhere ? '127.0.0.1' : listening.host;
  const address = showAddress({ host, port: listening.port });
  const [how, example] = exampleOf(sender, host, listening.port, address, t);
  return (
    <section className="call-outside" aria-label={t.ownCalls}>
      <h3>{t.ownCalls}</h3>
      <p>
        {t.listeningAt(address)} {anywhere && t.listeningAll}
      </p>
      <Tabs
        value={sender}
        onChange={setSender}
        label={t.ownCalls}
        items={[
          { value: 'asterisk', label: t.asterisk },
          { value: 'sipp', label: t.sipp },
          { value: 'ffmpeg', label: t.ffmpeg },
        ]}
      />
      <p className="call-faint">{how}</p>
      {/* A field, so that the keyboard gets at it: it is selected whole and can be copied. */}
      <textarea
        className="call-example"
        aria-label={how}
        readOnly
        rows={example.split('\n').length}
        value={example}
        onFocus={(event) => event.currentTarget.select()}
      />
      <p className="call-faint">{t.dropIn}</p>
    </section>
  );
}

function exampleOf(
  sender: Sender,
  host: string,
  port: number,
  address: string,
  t: typeof callText.en,
): readonly [how: string, example: string] {
  switch (sender) {
    case 'asterisk':
      return [t.asteriskHow, `same => n,Dial(UnicastRTP/${address}/c(ulaw),30)`];
    case 'sipp':
      return [
        t.sippHow,
        `c=IN ${host.includes(':') ? 'IP6' : 'IP4'} ${host}\nm=audio ${port} RTP/AVP 0\na=rtpmap:0 PCMU/8000`,
      ];
    case 'ffmpeg':
      return [
        t.ffmpegHow,
        `ffmpeg -re -i question.wav -ar 8000 -ac 1 -c:a pcm_mulaw -f rtp 'rtp://${address}?pkt_size=172'`,
      ];
  }
}
