// Reads a dashboard from its standard input by Grafana's own types, and says what is not as they have it.
package main

import (
	"fmt"
	"io"
	"os"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"
)

func main() {
	// else nobody looks at what is a panel's or a query's own
	cog.NewRuntime().RegisterPanelcfgVariant(timeseries.VariantConfig())
	cog.NewRuntime().RegisterDataqueryVariant(prometheus.VariantConfig())
	var one dashboard.Dashboard
	raw, err := io.ReadAll(os.Stdin)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for _, err := range []error{one.UnmarshalJSONStrict(raw), one.Validate()} {
		if err != nil && err.Error() != "" { // the first one is a list, also where nothing is in it
			fmt.Println(err)
			defer os.Exit(1)
		}
	}
}
