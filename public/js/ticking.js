// How late a lead is, or how long is left, goes on while its page stays open; nobody is asked for it. Units are the same in all our languages.
(() => {
  const shown = new WeakMap()

  const span = minutes => {
    const days = Math.floor(minutes / 1440), hours = Math.floor(minutes % 1440 / 60)
    if (days === 0) return hours === 0 ? `${Math.max(1, Math.floor(minutes))} min` : `${hours} h`
    return hours > 0 && days < 7 ? `${days} d ${hours} h` : `${days} d`
  }

  const tick = () => {
    for (const clock of document.querySelectorAll('[data-due-in]')) {
      const { dueIn } = clock.dataset
      if (shown.get(clock)?.dueIn !== dueIn) shown.set(clock, { dueIn, at: Date.now() })
      const left = dueIn - (Date.now() - shown.get(clock).at) / 60_000
      const words = document.body.dataset[left < 0 ? 'late' : 'left'].replace('%', span(Math.abs(left)))
      if (clock.textContent !== words) clock.textContent = words
      if (left < 0) clock.closest('.when, .due-clock')?.classList.add('late', 'flag-bad')
    }
  }

  addEventListener('DOMContentLoaded', tick)
  document.addEventListener('htmx:after:swap', tick)
  setInterval(tick, 15_000)
})()
