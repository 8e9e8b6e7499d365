-- wrk's figures as one line of JSON: requests, seconds, failures, latency in milliseconds
function done(summary, latency, _)
    local failed = 0
    for _, count in pairs(summary.errors) do failed = failed + count end
    io.write(string.format(
        '{"requests": %d, "seconds": %.6f, "failed": %d, "p50": %.3f, "p99": %.3f, "longest": %.3f}\n',
        summary.requests, summary.duration / 1e6, failed,
        latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3
    ))
end
