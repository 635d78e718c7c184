// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// startAurora starts a stub of Aurora.
func (f *fleet) startAurora() (err error) {
	if f.aurora, err = testbed.StartAurora(f.Dir, time.Time{}); err != nil {
		return err
	}
	f.add("Aurora (stand-in)", f.aurora.URL, f.aurora.Stop)
	f.urls = append(f.urls, [2]string{"Aurora's faults", fmt.Sprintf("curl -X POST %s/FAULT with one of %q", f.aurora.ControlURL, testbed.AuroraFaults())})
	return nil
}

// auroraConfig returns the part of the exporter's configuration about Aurora, which follows the
// part about OpenBao.
func auroraConfig(cluster string, a *testbed.Aurora) []byte {
	return fmt.Appendf(nil, `  aurora:
    - name: aurora
      cluster: %q
      url: %s
      keystoneURL: %s
      tls: {caFile: %q}
`, cluster, a.URL, a.KeystoneURL, a.CAFile)
}
