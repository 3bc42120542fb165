// How late a lead is, or how long is left, goes on while its page stays open; nobody is asked for it. Units are the same in all our languages.
(() => {
  const shown = new WeakMap()

  const span = minutes => {
    const days = Math.floor(minutes / 1440), hours = Math.floor(minutes % 1440 / 60)
    if (days === 0) return hours === 0 ? `${Math.max(1, Math.floor(minutes))} min` : `${hours} h`
    return hours > 0 && days < 7 ? `${days} d ${hours} h` : `${days} d`
  }

  // Milliseconds since an element told this.
  const since = (element, told) => {
    if (!shown.has(element) || shown.get(element).told !== told) shown.set(element, { told, at: Date.now() })
    return Date.now() - shown.get(element).at
  }
  const say = (clock, words, left) => {
    const said = words.replace('%', span(Math.abs(left)))
    if (clock.textContent !== said) clock.textContent = said
  }

  const tick = () => {
    // By the server's clock, which a page with such tells, whatever the visitor's says.
    const { body } = document, now = Number(body.dataset.clock) + since(body, body.dataset.clock)
    for (const clock of document.querySelectorAll('[data-due]')) {
      const left = (clock.dataset.due - now) / 60_000
      say(clock, body.dataset[left < 0 ? 'late' : 'left'], left)
      if (left < 0) clock.closest('.when, .due-clock')?.classList.add('late', 'flag-bad')
    }
    // What is said only once it is too late.
    for (const clock of document.querySelectorAll('[data-late-in]')) {
      const left = clock.dataset.lateIn - since(clock, clock.dataset.lateIn) / 60_000
      say(clock, clock.dataset.words, left)
      clock.parentElement.hidden = left >= 0
    }
  }

  addEventListener('DOMContentLoaded', tick)
  document.addEventListener('htmx:after:swap', tick)
  setInterval(tick, 15_000)
})()
