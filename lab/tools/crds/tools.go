//go:build tools

// Definitions of resources, which lie in these modules as YAML.
package tools

import (
	_ "sigs.k8s.io/gateway-api/apis/v1"
	_ "sigs.k8s.io/mcs-api/config/crd"
)
