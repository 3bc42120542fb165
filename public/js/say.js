// Tells a screen reader what the eye sees by itself: how many were found, that something was saved or wasn't, how many are ticked. What comes with its words
// already in it is read by few: the region (#said) is there first, and they follow. Only the last is said, so that whoever types isn't talked over.
(() => {
  const WAIT = 500
  const seen = new WeakSet()
  let waiting, was, quarter

  const say = words => {
    if (!words) return
    clearTimeout(waiting)
    waiting = setTimeout(() => {
      const region = document.getElementById('said')
      if (region) region.textContent = region.textContent === words ? `${words}\u00a0` : words
    }, WAIT)
  }
  const text = element => element?.textContent.trim().replace(/\s+/g, ' ') ?? ''
  const texts = elements => elements.map(text).filter(Boolean).join('. ')
  const title = () => text(document.querySelector('h1'))
  const found = () => text(document.querySelector('#list .empty p')) || document.getElementById('list')?.dataset.found
  const news = () => texts([...document.querySelectorAll('[data-say]')].filter(one => !seen.has(one) && seen.add(one)))

  // Of what saved itself: that it did, or why it didn't.
  const outcome = ({ sourceElement, target, request }) => {
    const shown = typeof target === 'string' ? document.querySelector(target) : target
    if (request.method !== 'POST' || !shown) return ''
    const part = sourceElement.closest?.('[hx-post][hx-trigger^=change]') ?? (document.getElementById(shown.getAttribute('id')) || shown)
    return texts([...part.querySelectorAll('.saved, .error, .warning')].filter(one => !one.closest('[aria-live=polite], [role=alert]'))) || shown.dataset.says
  }

  // Work that goes on is asked after each second: told are its quarters alone.
  const progress = () => {
    const bar = document.querySelector('.progress progress[value]'), before = quarter
    quarter = bar ? Math.floor(bar.position * 4) : undefined
    return bar && quarter !== before ? text(bar.closest('.progress').querySelector('p')) : ''
  }

  addEventListener('DOMContentLoaded', news)
  document.addEventListener('htmx:before:swap', () => { was = title() })
  document.addEventListener('htmx:finally:swap', ({ detail: { ctx } }) => {
    const told = news() || progress()
    if (ctx.target === document.body) say([text(document.querySelector('#flash .note span')), was === title() ? found() || told : ''].filter(Boolean).join(' '))
    else say(ctx.sourceElement?.matches?.('[role=search]') ? found() : told || outcome(ctx))
  })
})()
