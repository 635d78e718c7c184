// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/version"
	"k8s.io/client-go/rest"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/httpclient"
)

// api is the connection to one API server: one HTTP client, shared by all
// watches.
type api struct {
	base   *url.URL
	config *rest.Config
	http   *http.Client
	end    func()
	known  discovered
	// expiry is when the certificate ends that the server has shown last.
	expiry time.Time
}

func connect(config *rest.Config, watchList bool) (*api, error) {
	config = rest.CopyConfig(config)
	config.QPS = -1 // a handful of requests at the start, then watches
	// WatchList streams are not compressed before Kubernetes 1.37 and are meant
	// for near clusters; the LIST of a far one is worth the CPU.
	config.DisableCompression = watchList
	client, end, err := httpclient.ForAPIServer(config)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", failure.ErrConfig, err)
	}
	base, _, err := rest.DefaultServerUrlFor(config)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", failure.ErrConfig, err)
	}
	return &api{base: base, config: config, http: client, end: end}, nil
}

// close ends all connections.
func (a *api) close() { a.end() }

// served is what a cluster offers of what we know.
type served struct {
	serverVersion string
	// kinds has the best served version and the resource name.
	kinds map[schema.GroupKind]servedKind
}

type servedKind struct{ version, resource string }

// discover asks for the server's version and its kinds. It is the probe by
// which a cluster counts as reached.
func (a *api) discover(ctx context.Context, timeout time.Duration, resources []Resource) (served, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	info, err := a.version(ctx)
	if err != nil {
		return served{}, fmt.Errorf("get server version: %w", err)
	}
	if a.known, err = a.discovery(ctx, a.known, resources); err != nil {
		return served{}, fmt.Errorf("discover kinds: %w", err)
	}
	s := served{serverVersion: info.GitVersion, kinds: map[schema.GroupKind]servedKind{}}
	for _, r := range resources {
		for _, v := range r.Versions {
			gvk := schema.GroupVersionKind{Group: r.Group, Version: v, Kind: r.Kind}
			if name, ok := a.known.resources[gvk]; ok {
				s.kinds[gvk.GroupKind()] = servedKind{version: v, resource: name}
				break
			}
		}
	}
	if len(s.kinds) < len(resources) {
		if err := a.complete(ctx); err != nil {
			return served{}, err
		}
	}
	return s, nil
}

// complete fails while the API server is starting: it answers before it has
// loaded the custom resources, which then look as if they were not there.
func (a *api) complete(ctx context.Context) error {
	_, _, err := a.get(ctx, "/readyz")
	if err == nil || apierrors.IsForbidden(err) || apierrors.IsNotFound(err) || apierrors.IsUnauthorized(err) {
		return nil // ready, or not for us to know
	}
	return fmt.Errorf("get /readyz: %w", err)
}

func (a *api) version(ctx context.Context) (version.Info, error) {
	var info version.Info
	_, body, err := a.get(ctx, "/version")
	if err != nil {
		return info, err
	}
	if err := json.Unmarshal(body, &info, jsonOptions, utf8Options); err != nil {
		return info, fmt.Errorf("%w: %w", failure.ErrDecode, err)
	}
	return info, nil
}

// uid is the identity of the cluster: that of its namespace kube-system, which
// lives as long as it. It is empty where the exporter may not look; answered is
// false if it makes sense to ask again.
func (a *api) uid(ctx context.Context, timeout time.Duration) (uid string, answered bool) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	_, body, err := a.get(ctx, "/api/v1/namespaces/kube-system")
	if err != nil {
		return "", apierrors.IsForbidden(err) || apierrors.IsUnauthorized(err) || apierrors.IsNotFound(err)
	}
	var namespace Object
	if err := json.Unmarshal(body, &namespace, jsonOptions, utf8Options); err != nil {
		return "", true // not what an API server says
	}
	return namespace.Metadata.UID, true
}

// maxAnswer bounds what is read of an answer; the discovery of a cluster with
// hundreds of kinds is about one MiB.
const maxAnswer = 32 << 20

// get asks once and returns the header and the body of an answer of 200 or 304.
// Any other one is the error that client-go makes of it.
func (a *api) get(ctx context.Context, path string, header ...string) (http.Header, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, a.base.JoinPath(path).String(), http.NoBody)
	if err != nil {
		return nil, nil, err
	}
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	answer, err := a.http.Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.TLS != nil && len(answer.TLS.PeerCertificates) > 0 {
		a.expiry = answer.TLS.PeerCertificates[0].NotAfter
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	switch {
	case answer.StatusCode == http.StatusNotModified:
		return answer.Header, nil, nil
	case answer.StatusCode != http.StatusOK:
		gr := schema.GroupResource{Resource: strings.TrimPrefix(path, "/")}
		return nil, nil, apierrors.NewGenericServerResponse(answer.StatusCode, http.MethodGet, gr, "", "", 0, true)
	}
	return answer.Header, body, err
}

// client makes a REST client for one group and version. Bodies are decoded by
// ourselves.
func (a *api) client(gv schema.GroupVersion) (*rest.RESTClient, error) {
	config := rest.CopyConfig(a.config)
	config.GroupVersion, config.APIPath, config.NegotiatedSerializer = &gv, "/apis", errorCodecs()
	return rest.RESTClientForConfigAndClient(config, a.http)
}

// errorCodecs decode the answers that are errors, a Status. All watches share them: a
// fleet has thousands.
var errorCodecs = sync.OnceValue(func() runtime.NegotiatedSerializer {
	scheme := runtime.NewScheme()
	metav1.AddToGroupVersion(scheme, schema.GroupVersion{Version: "v1"})
	return serializer.NewCodecFactory(scheme).WithoutConversion()
})
