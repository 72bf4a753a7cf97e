/** Preloaded into every server of the bench: tells its parent what it has used, when asked over the process channel. */
if (process.send !== undefined) {
  process.on('message', message => {
    if (message === 'usage')
      process.send({ cpu: process.cpuUsage(), rssBytes: process.memoryUsage().rss })
  })
  // Listening to the channel must not keep a server alive that wants to stop.
  process.channel?.unref()
}
