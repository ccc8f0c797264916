// Speaks the protocol of CloudWatch's custom widgets as its documentation has it; the names are the documentation's.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_about.html
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_interactivity.html
'use strict';

const widget = window.widget = {
  endpoint: '', params: {}, theme: 'light', timezone: {label: 'Local', offsetISO: '+09:00', offsetInMinutes: 540},
  // What happened, for whoever drives this.
  calls: [], questions: [], answerYes: true, sanitises: true, violations: [], busy: 0, errors: [],
};
document.addEventListener('securitypolicyviolation', e => widget.violations.push(`${e.violatedDirective} ${e.blockedURI} ${e.sample}`));
window.addEventListener('error', e => widget.errors.push(String(e.message)));

// What the console takes out: scripts, frames, <use> of SVG; and handlers, which no sanitiser leaves.
const TAKEN_OUT = 'script, iframe, frame, object, embed, use, link, meta, base';
function sanitised(html) {
  const parsed = new DOMParser().parseFromString(html, 'text/html');
  parsed.querySelectorAll(TAKEN_OUT).forEach(e => e.remove());
  for (const e of parsed.querySelectorAll('*')) {
    for (const {name, value} of [...e.attributes]) {
      if (name.startsWith('on') || /^\s*javascript:/i.test(value)) e.removeAttribute(name);
    }
  }
  return parsed.body;
}

function forms() {
  const all = {};
  for (const e of document.querySelectorAll('#widget [name], #popup [name]')) {
    if (e.type === 'checkbox' || e.type === 'radio' ? e.checked : true) all[e.name] = e.value;
  }
  return {all};
}

function context() {
  const {params, theme, timezone} = widget;
  return {
    dashboardName: 'crema', widgetId: 'widget-1', accountId: '123456789012', locale: 'en', timezone, period: 300, isAutoPeriod: true,
    timeRange: {mode: 'relative', start: Date.now() - 10800000, end: Date.now(), relativeStart: 10800000, zoom: {}},
    theme, linkCharts: true, title: 'crema', forms: forms(), params, width: innerWidth, height: innerHeight,
  };
}

async function call(endpoint, event) {
  widget.busy += 1;
  widget.calls.push({endpoint, event});
  try {
    const answer = await fetch('/invoke', {method: 'POST', body: JSON.stringify({endpoint, event})});
    return await answer.json();
  } finally {
    widget.busy -= 1;
  }
}

function show(place, answer) {
  place.replaceChildren();
  if (typeof answer === 'string') {
    if (widget.sanitises) place.append(...sanitised(answer).childNodes);
    else place.append(document.createRange().createContextualFragment(answer));
  } else {
    const pre = document.createElement('pre');
    pre.textContent = answer && answer.markdown || JSON.stringify(answer, null, 2);
    place.append(pre);
  }
  place.querySelectorAll('cwdb-action').forEach(bind);
}

// An action belongs to the element just before it.
function bind(action) {
  const element = action.previousElementSibling;
  if (!element) return;
  const kind = action.getAttribute('action') || 'html';
  const event = action.getAttribute('event') || 'click';
  const content = action.innerHTML;
  const text = action.textContent;
  element.addEventListener(event, async e => {
    e.preventDefault();
    const question = action.getAttribute('confirmation');
    if (question) {
      widget.questions.push(question);
      if (!widget.answerYes) return;
    }
    const isPopup = action.getAttribute('display') === 'popup';
    const place = document.getElementById(isPopup ? 'popup' : 'widget');
    if (kind === 'call') {
      const params = text.trim() ? JSON.parse(text) : {};
      const answer = await call(action.getAttribute('endpoint'), {...params, widgetContext: context()});
      if (isPopup) document.getElementById('over').hidden = false;
      show(place, answer);
    } else {
      if (isPopup) document.getElementById('over').hidden = false;
      show(place, content);
    }
  });
}

widget.close = () => { document.getElementById('over').hidden = true; document.getElementById('popup').replaceChildren(); };
// A refresh calls with the parameters as they are configured: what was typed or turned over is gone.
widget.refresh = async () => {
  widget.close();
  document.body.className = widget.theme;
  document.getElementById('widget').replaceChildren();
  show(document.getElementById('widget'), await call(widget.endpoint, {...widget.params, widgetContext: context()}));
};
