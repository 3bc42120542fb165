// A link to what a part of the form is just saving waits for it: the page it leads to has to show what was typed.
document.addEventListener('click', event => {
  const link = event.target.closest?.('a[data-after-save]')
  const part = link?.closest('[hx-post]')
  if (!part?.classList.contains('htmx-request') || event.ctrlKey || event.metaKey) return
  event.preventDefault()
  part.addEventListener('htmx:after:request', ({ detail }) => { if (detail.ctx.response?.status < 400) location.assign(link.href) }, { once: true })
})
