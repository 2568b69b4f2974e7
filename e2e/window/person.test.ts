import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { voicedRange } from '../../backend/audio/voiced.ts';
import { CALLER, speech } from '../support/bots.ts';
import { Ears } from '../support/ears.ts';
import { audioOf } from '../support/pcap.ts';
import { Phone } from '../support/phone.ts';
import { until } from '../support/until.ts';
import { overlap } from '../support/words.ts';
import { App } from './support/app.ts';
import { entries } from './support/conversation.ts';
import { FakeMicrophone } from './support/fake-microphone.ts';

const MOST = 0.7;
/** What the person says each time their microphone is opened. */
const SAID = CALLER.when;

let microphone: FakeMicrophone;
let app: App;
beforeAll(async () => {
  microphone = new FakeMicrophone(speech(SAID), 4000);
  app = await App.open({ switches: microphone.switches });
}, 60_000);
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  microphone[Symbol.dispose]();
});

const button = (name: string) => app.page.getByRole('button', { name, exact: true });
const bar = () => app.page.getByRole('region', { name: 'Microphone' });

async function level(of: 'Microphone level' | 'Speaker level'): Promise<number> {
  return Number(await bar().getByRole('meter', { name: of }).getAttribute('aria-valuenow'));
}

function textsOf(who: string): Promise<string[]> {
  return entries(app.page).then((all) => all.filter((one) => one.who === who).map(({ text }) => text));
}

describe('a person with a microphone', () => {
  it('talks to the bot, is understood, answered, and hangs up', async () => {
    await button('Talk to it').first().click();
    await bar().getByText('You are on the call').waitFor();
    await until('the microphone to be seen', async () => (await level('Microphone level')) > 10);
    const record = await app.record('harbor-dental');
    const understood = await record.event('stt.final', ({ text }) => overlap(SAID.words, text) >= MOST);
    await until('the words in the conversation', async () =>
      (await textsOf('Caller')).includes(understood.text),
    );
    await until('the answer in the conversation', async () =>
      (await textsOf('Bot')).some((text) => text.includes('sixty dollars')),
    );
    await until('the answer to be heard', async () => (await level('Speaker level')) > 10);
    await button('Hang up').click();
    await app.page.getByText('The call has ended').waitFor();
    const person = await app.record('person');
    for (const leg of [record, person]) {
      await leg.over();
      expect(leg.manifest.state).toBe('complete');
    }
    expect(record.all('call.ended')).toMatchObject([{ reason: 'hung up in the window' }]);
  });

  it("listens in on a caller's call, takes over from the bot and gives back", async () => {
    await using ears = new Ears();
    await using phone = await Phone.call(await app.port());
    const record = await until('a call from outside', async () => {
      const latest = await app.record('harbor-dental');
      return latest.manifest.peer === `127.0.0.1:${phone.port}` && latest;
    });
    await button('Listen in').click();
    await bar().getByText('Listening in').waitFor();
    await record.event('bot.said');
    await phone.say(speech(CALLER.book));
    await until('the call to be heard', async () => (await level('Speaker level')) > 10);
    await record.event('bot.said', ({ heard }) => heard.includes('Which day'));

    const before = phone.received.length;
    await button('Take over from the bot').click();
    await bar().getByText('You are on the call').waitFor();
    const said = await record.event('person.said', ({ text }) => overlap(SAID.words, text) >= MOST);
    await until('the words in the conversation', async () => (await textsOf('You')).includes(said.text));
    const wire = audioOf(phone.received.slice(before));
    const { from, to } = voicedRange(wire) ?? { from: 0, to: 0 };
    const heard = await ears.hear(wire.slice(from, to));
    expect(overlap(SAID.words, heard), heard).toBeGreaterThanOrEqual(MOST);

    await button('Give back to the bot').click();
    await record.event('person.took_over', ({ on }) => !on);
    const answered = record.all('bot.said').length;
    await phone.say(speech(CALLER.name));
    await until('the bot to answer again', () => record.all('bot.said').length > answered);
    await button('Hang up').click();
    await record.over();
  });

  it('whose microphone is refused is told so, and the call goes on without it', async () => {
    await allowMicrophone(false);
    await button('Talk to it').first().click();
    await bar().getByText('Sidetone may not use the microphone').waitFor();
    const notice = app.page.getByRole('region', { name: 'Notices' });
    await notice.getByText('The call goes on; the far end hears silence.').first().waitFor();
    const person = await app.record('person');
    await person.event('person.microphone', ({ live }) => !live);
    const bot = await app.record('harbor-dental');
    await bot.event('bot.said');
    expect(person.manifest.state).toBe('recording');

    await allowMicrophone(true);
    await button('Try again').click();
    await bar().getByText('You are on the call').waitFor();
    await bot.event('stt.final', ({ text }) => overlap(SAID.words, text) >= MOST);
    await button('Hang up').click();
    await person.over();
  });

  it('leaves no error in the page', () => {
    expect(app.pageErrors).toEqual([]);
  });
});

/** As the system's privacy settings would. */
function allowMicrophone(allowed: boolean): Promise<void> {
  return app.electron.evaluate(({ session }, grant) => {
    session.defaultSession.setPermissionRequestHandler((_page, _permission, decide) => decide(grant));
    session.defaultSession.setPermissionCheckHandler(() => grant);
  }, allowed);
}
