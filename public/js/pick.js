// Ticking many rows: Shift and a click tick all from the last one, the box at the head ticks the page. What is ticked is sent by the form.
(() => {
  let last = null
  const boxes = element => [...element.form.elements].filter(one => one.matches('input.pick[name]'))

  document.addEventListener('click', event => {
    const box = event.target
    if (!box.matches?.('input.pick[name]')) return
    const all = boxes(box)
    const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b)
    if (event.shiftKey && from >= 0) for (const one of all.slice(from, to + 1)) one.checked = box.checked
    last = box
  })

  // Before htmx reads the form.
  document.addEventListener('change', ({ target }) => {
    if (!target.matches('input.pick')) return
    const all = boxes(target)
    const head = [...target.form.elements].find(one => one.matches('[data-pick-all]'))
    if (target === head) for (const one of all) one.checked = head.checked
    const count = all.filter(one => one.checked).length
    head.checked = count === all.length
    head.indeterminate = count > 0 && count < all.length
  }, true)
})()
