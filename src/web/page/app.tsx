/** The page: what is open, and the ways to open something. */
import { lazy, Suspense, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import type { Subject } from '../messages.js';
import type { PageEngine } from './engine.js';
import { type Ground, useGround } from './ground.js';
import { keyOfEvent } from './keyboard.js';
import { LessonText } from './lesson.js';
import { LiveScreen } from './live-screen.js';
import { hashOfPlace, type PagePlace, placeOfHash } from './place.js';

const Playground = lazy(() => import('./playground.js'));

/** Bytes of the largest program that is taken. */
const MOST_BYTES = 100 * 2 ** 20;

export function App({ engine, embedded }: { engine: PageEngine; embedded: boolean }) {
  const view = useSyncExternalStore(engine.listen, () => engine.view);
  const [place, setPlace] = useState<PagePlace>(() => placeOfHash(location.hash));
  const [ground, setGround] = useGround();
  const { complaint, take } = useDropped(engine, place, setPlace);
  useEffect(() => {
    const moved = (): void => setPlace(placeOfHash(location.hash));
    addEventListener('hashchange', moved);
    return () => removeEventListener('hashchange', moved);
  }, []);
  useEffect(() => {
    if (place.kind === 'lesson') engine.open({ kind: 'lesson', name: place.name });
    else if (place.kind === 'play') engine.leave();
    else if (place.kind === 'link') engine.follow(place.link);
  }, [engine, place]);
  useKeys(engine);
  const { screen, live, stopping, subject, refused, fault, shared, linked } = view;
  // A link leads to where its subject is shown.
  const followed = place.kind === 'link' ? linked?.subject : undefined;
  const playing = place.kind === 'play' || followed?.kind === 'assembly';
  const wanted = followed?.kind === 'binary' ? followed.name : undefined;
  // Its text has its place before it is there.
  const lesson = screen === undefined ? (followed ?? place).kind === 'lesson' : screen.lesson !== undefined;
  const problem = fault || complaint || refused;
  return (
    <div className={embedded ? 'app embedded' : 'app'} data-theme={ground}>
      <Bar {...{ engine, view, place, ground, setGround, take, embedded }} />
      <main>
        {shared !== undefined && <Link {...shared} close={() => engine.dismiss()} />}
        {problem !== '' && (
          <p className="problem" role="alert">
            {problem}
          </p>
        )}
        {(place.kind === 'open' || wanted !== undefined) && subject === undefined ? (
          <Opening take={take} wanted={wanted} />
        ) : (
          <div className={lesson || playing ? 'walker taught' : 'walker'}>
            {playing && (
              <Suspense fallback={<div className="playground" />}>
                <Playground engine={engine} view={view} given={followed?.kind === 'assembly' ? followed.text : undefined} />
              </Suspense>
            )}
            {lesson &&
              (screen?.lesson === undefined ? (
                <div className="lesson" />
              ) : (
                <LessonText engine={engine} lesson={screen.lesson} running={screen.running} />
              ))}
            <LiveScreen engine={engine} screen={screen} live={live} stopping={stopping} />
          </div>
        )}
      </main>
    </div>
  );
}

interface BarProps {
  readonly engine: PageEngine;
  readonly view: PageEngine['view'];
  readonly place: PagePlace;
  readonly ground: Ground;
  readonly setGround: (ground: Ground) => void;
  readonly take: (files: FileList | null) => void;
  readonly embedded: boolean;
}

function Bar({ engine, view: { course }, place, ground, setGround, take, embedded }: BarProps) {
  if (embedded)
    return (
      <header className="bar">
        <a href={location.href.replace(/[?&]embed\b/, '')} target="_blank" rel="noreferrer">
          r14 ↗
        </a>
      </header>
    );
  return (
    <header className="bar">
      <h1>r14</h1>
      <label>
        <span className="hidden">lesson</span>
        <select
          value={place.kind === 'lesson' ? place.name : ''}
          onChange={({ target }) => {
            location.hash = hashOfPlace({ kind: 'lesson', name: target.value });
          }}
        >
          {place.kind !== 'lesson' && <option value="">lessons</option>}
          {course.map(({ name, title, minutes }, index) => (
            <option key={name} value={name}>{`${index + 1}. ${title} (${minutes} min)`}</option>
          ))}
        </select>
      </label>
      <a href={hashOfPlace({ kind: 'play' })}>playground</a>
      <button type="button" onClick={() => engine.send({ kind: 'share' })}>
        Share
      </button>
      <label className="file">
        Open a binary
        <input type="file" multiple onChange={({ target }) => take(target.files)} />
      </label>
      <button type="button" onClick={() => setGround(ground === 'dark' ? 'light' : 'dark')}>
        {ground === 'dark' ? 'light' : 'dark'}
      </button>
    </header>
  );
}

/** A link that was made: in the clipboard where that may be, and here to be copied. */
function Link({ link, whole, read, close }: NonNullable<PageEngine['view']['shared']> & { readonly close: () => void }) {
  const address = `${location.href.replace(/#.*/, '')}#${link}`;
  useEffect(() => {
    navigator.clipboard?.writeText(address).catch(() => undefined);
  }, [address]);
  return (
    <p className="link" role="status">
      <label>
        a link to here{read ? ', with what the program has read' : ''}
        {whole ? '' : ' (the program itself is not in it: who opens it is asked for it)'}
        <input readOnly value={address} onFocus={({ target }) => target.select()} />
      </label>
      <button type="button" onClick={close}>
        close
      </button>
    </p>
  );
}

interface OpeningProps {
  readonly take: (files: FileList | null) => void;
  /** The program that a link is of. */
  readonly wanted: string | undefined;
}

function Opening({ take, wanted }: OpeningProps) {
  return (
    <section className="opening" aria-label="open a binary">
      <h2>{wanted === undefined ? 'Drop a Linux/amd64 program here' : `Drop ${wanted} here: the link has all but the program`}</h2>
      <p>
        Any static ELF up to 100 MB: Go of all versions, with <code>-race</code> above all, and C. A dynamic one needs its libraries beside
        it: drop them together. Nothing leaves your browser.
      </p>
      <label className="file">
        Choose files
        <input type="file" multiple onChange={({ target }) => take(target.files)} />
      </label>
    </section>
  );
}

/** Keys are the debugger's, unless something else on the page has the focus. */
function useKeys(engine: PageEngine): void {
  useEffect(() => {
    const own = (target: EventTarget | null): boolean =>
      target instanceof HTMLElement && target !== document.body && target.closest('.screen, .prose') === null;
    const press = (event: KeyboardEvent): void => {
      if (own(event.target) || engine.view.screen === undefined) return;
      const { typing } = engine.view.screen;
      if ((event.target as HTMLElement).closest?.('.prose') && /^(Arrow|Page|Home|End)/.test(event.key)) return;
      const input = keyOfEvent(event, typing);
      if (input === undefined || (event.key === 'c' && event.ctrlKey && getSelection()?.isCollapsed === false)) return;
      event.preventDefault();
      engine.send({ kind: 'input', input });
    };
    const paste = (event: ClipboardEvent): void => {
      const text = event.clipboardData?.getData('text') ?? '';
      if (!own(event.target) && engine.view.screen?.typing && text !== '')
        engine.send({ kind: 'input', input: { kind: 'paste', text: text.slice(0, 65_536).replace(/\r\n?/g, '\n') } });
    };
    addEventListener('keydown', press);
    addEventListener('paste', paste);
    return () => {
      removeEventListener('keydown', press);
      removeEventListener('paste', paste);
    };
  }, [engine]);
}

const isLibrary = (name: string): boolean => /\.so(?:\.[\d.]+)?$/.test(name);

/** Programs that are dropped on the page or chosen, with libraries, which are told by their names. */
function useDropped(engine: PageEngine, place: PagePlace, setPlace: (place: PagePlace) => void) {
  const [complaint, setComplaint] = useState('');
  const last = useRef<Extract<Subject, { kind: 'binary' }>>(undefined);
  const take = (files: FileList | null): void => {
    const given = [...(files ?? [])];
    if (given.length === 0) return;
    const large = given.find(file => file.size > MOST_BYTES);
    if (large !== undefined) {
      setComplaint(
        `${large.name} has ${(large.size / 2 ** 20).toFixed(0)} MB: 100 MB is the most that this page takes; r14 in a terminal takes 2 GB`,
      );
      return;
    }
    const taken = given.map(file => ({ name: file.name, content: file }));
    const libraries = taken.filter(({ name }) => isLibrary(name));
    const [file] = taken.filter(({ name }) => !isLibrary(name));
    const program = file ?? last.current?.file ?? taken[0]!;
    // Libraries that come later are for the program that wants them.
    const known = file === undefined ? (last.current?.libraries ?? []) : [];
    const subject = { kind: 'binary' as const, file: program, libraries: [...known, ...libraries] };
    last.current = subject;
    setComplaint('');
    const { linked } = engine.view;
    if (place.kind === 'link' && linked?.subject.kind === 'binary') engine.open(subject, linked);
    else {
      setPlace({ kind: 'open' });
      engine.open(subject);
    }
  };
  useEffect(() => {
    const over = (event: DragEvent): void => event.preventDefault();
    const drop = (event: DragEvent): void => {
      event.preventDefault();
      take(event.dataTransfer?.files ?? null);
    };
    addEventListener('dragover', over);
    addEventListener('drop', drop);
    return () => {
      removeEventListener('dragover', over);
      removeEventListener('drop', drop);
    };
  });
  return { complaint, take };
}
