// A button that prints its page; it is shown only where scripts run.
document.addEventListener('click', event => { if (event.target.closest('[data-print]')) print() })
