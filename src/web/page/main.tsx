/** What index.html begins. */
import { createRoot } from 'react-dom/client';
import { App } from './app.js';
import { PageEngine } from './engine.js';
import { roleRules } from './rows.js';
import './style.css';

// The engine takes longer than the page.
const engine = new PageEngine();
const style = document.createElement('style');
style.textContent = roleRules;
document.head.append(style);

createRoot(document.getElementById('page')!).render(<App engine={engine} embedded={new URLSearchParams(location.search).has('embed')} />);

/** Keeps the page for when there is no network, once the engine has something on the screen. Where that is refused the page only needs its network each time. */
const forget = engine.listen(() => {
  if (!engine.view.live && engine.view.fault === '') return;
  forget();
  navigator.serviceWorker?.register('./worker.js').catch(() => undefined);
});
