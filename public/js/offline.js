// What couldn't reach the server, or met an ended session, must never only look saved: a part that saves itself goes again by itself, and of what
// somebody sent with a button they are told until it is sent again or left, whatever else gets through meanwhile.
(() => {
  const AGAIN = 4000
  const unsaved = new Map(), unsent = new Map() // parts, and whether each is on its way; forms and buttons, and what pressed them
  let isDown = false, isTold = false, trying = null

  const show = () => {
    const banner = document.getElementById('offline')
    if (!banner) return
    for (const one of unsent.keys()) if (!one.isConnected) unsent.delete(one)
    isTold = isDown || (isTold && unsaved.size > 0) || unsent.size > 0
    banner.hidden = !isTold
    const names = [...unsent].map(([one, pressed]) => pressed ?? (one.matches('form') ? one.querySelector('button:not([type=button], .vh)') : one)).map(button => `“${(button?.ariaLabel || button?.textContent || button?.title || '').trim()}”`)
    const says = { down: isDown, unsaved: unsaved.size > 0, unsent: unsent.size > 0 }
    for (const line of banner.querySelectorAll('[data-says]')) {
      line.hidden = !says[line.dataset.says]
      if (line.dataset.words) line.textContent = line.dataset.words.replace('%', () => [...new Set(names)].join(', '))
    }
  }

  const retry = () => {
    for (const [part, isOnItsWay] of unsaved) {
      if (isOnItsWay && part.isConnected) continue
      unsaved.delete(part)
      const input = part.isConnected && (part.matches('[name]') ? part : part.querySelector('[name]:not([type=hidden])'))
      if (!input) continue
      trying = part
      input.dispatchEvent(new Event('change', { bubbles: true }))
      trying = null
    }
    show()
  }

  const isPart = element => element.matches('[hx-post][hx-trigger^=change]')
  const keep = part => { if (isPart(part)) unsaved.set(part, false) }
  document.addEventListener('htmx:config:request', ({ detail: { ctx } }) => { if (ctx.sourceElement === trying) unsaved.set(trying, true) })

  const isStream = element => element?.id === 'stream'
  const reopen = stream => setTimeout(() => { if (stream.isConnected) htmx.trigger(stream, 'again') }, AGAIN)

  document.addEventListener('htmx:error', event => {
    const { ctx } = event.detail, source = ctx?.sourceElement
    if (!ctx?.request || ctx.response) return // an answer came: it is not the network
    if (isStream(source)) {
      reopen(source)
      return
    }
    document.getElementById('flash')?.replaceChildren()
    isDown = true
    keep(source)
    if (ctx.request.method === 'POST' && !isPart(source) && source.matches('form, button')) unsent.set(source, ctx.request.submitter)
    show()
    setTimeout(retry, AGAIN)
  })

  document.addEventListener('htmx:response:error', event => {
    const { sourceElement, response } = event.detail.ctx
    if (isStream(sourceElement) && response.status >= 500) reopen(sourceElement)
    if (response.status === 401) keep(sourceElement)
  })

  // Whoever is signing in again isn't asked anew, by what the page goes on asking for: what they have typed there stays.
  document.addEventListener('htmx:before:swap', event => {
    const { response, sourceElement } = event.detail.ctx
    const isAsked = document.querySelector('#flash form[action^="/sign-in"]')
    if (response?.status === 401 && isAsked && !isAsked.contains(sourceElement)) event.preventDefault()
  })

  // Signed in again where one was: what waited goes now.
  document.addEventListener('htmx:after:swap', () => {
    const done = document.querySelector('[data-signed-in]')
    done?.removeAttribute('data-signed-in')
    if (done) retry()
    if (isTold) show() // it may be another page
  })

  // The session has ended: what signs in again speaks the page's language, and knows whose page it is.
  document.addEventListener('htmx:config:request', event => {
    const { headers } = event.detail.ctx.request, { viewer } = document.body.dataset
    headers['Page-Language'] = document.documentElement.lang
    if (viewer) headers['Page-Viewer'] = viewer
  })

  addEventListener('beforeunload', event => { if (unsaved.size > 0 || unsent.size > 0) event.preventDefault() })

  document.addEventListener('htmx:after:request', event => {
    const { sourceElement } = event.detail.ctx
    if (isStream(sourceElement)) return
    isDown = false
    unsaved.delete(sourceElement)
    unsent.delete(sourceElement)
    show()
  })

  addEventListener('online', () => {
    isDown = false
    retry()
  })

  // Before in-turn.js, which lets what is on its way go first: what still waits for its turn goes now. Who leaves what wasn't sent is asked by the browser.
  addEventListener('submit', () => { if (isTold) retry() }, true)
  addEventListener('click', event => {
    const link = event.target.closest?.('a[href]:not([hx-get], [target=_blank], [download], [href^="#"])')
    if (event.target.closest?.('[data-send-again]')) for (const [one, pressed] of unsent) {
      if (!one.matches('form')) one.click()
      else one.requestSubmit(pressed?.isConnected ? pressed : null)
    }
    if (event.target.closest?.('[data-leave-unsent]')) {
      unsent.clear()
      isDown = false
      show()
    }
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return
    if (isTold) retry()
    if (unsent.size === 0) return
    event.preventDefault()
    event.stopImmediatePropagation()
    location.assign(link.href)
  }, true)
})()
