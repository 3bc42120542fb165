// What couldn't reach the server, or met an ended session, goes again by itself: a field that saves in place must never only look saved.
(() => {
  const AGAIN = 4000
  const unsaved = new Set()

  const retry = () => {
    for (const part of unsaved) {
      unsaved.delete(part)
      const input = part.isConnected && part.querySelector('[name]:not([type=hidden])')
      if (input) input.dispatchEvent(new Event('change', { bubbles: true }))
    }
  }

  const keep = part => { if (part.matches('[hx-post][hx-trigger^=change]')) unsaved.add(part) }

  const isStream = element => element?.id === 'stream'
  const reopen = stream => setTimeout(() => { if (stream.isConnected) htmx.trigger(stream, 'again') }, AGAIN)

  document.addEventListener('htmx:error', event => {
    const { ctx } = event.detail
    if (!ctx?.request || ctx.response) return // an answer came: it is not the network
    if (isStream(ctx.sourceElement)) {
      reopen(ctx.sourceElement)
      return
    }
    document.getElementById('flash')?.replaceChildren()
    document.getElementById('offline')?.removeAttribute('hidden')
    keep(ctx.sourceElement)
    setTimeout(retry, AGAIN)
  })

  document.addEventListener('htmx:response:error', event => {
    const { sourceElement, response } = event.detail.ctx
    if (isStream(sourceElement) && response.status >= 500) reopen(sourceElement)
    if (response.status === 401) keep(sourceElement)
  })

  // Signed in again where one was: what waited goes now.
  document.addEventListener('htmx:after:swap', () => {
    const done = document.querySelector('[data-signed-in]')
    done?.removeAttribute('data-signed-in')
    if (done) retry()
  })

  // The session has ended: what signs in again speaks the page's language.
  document.addEventListener('htmx:config:request', event => { event.detail.ctx.request.headers['Page-Language'] = document.documentElement.lang })

  window.addEventListener('beforeunload', event => { if (unsaved.size > 0) event.preventDefault() })

  document.addEventListener('htmx:after:request', event => {
    if (unsaved.size === 0 && !isStream(event.detail.ctx.sourceElement)) document.getElementById('offline')?.setAttribute('hidden', '')
  })

  window.addEventListener('online', retry)
})()
