// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package certmanager

import (
	"cmp"
	"strconv"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

type certificateObject struct {
	watch.Object

	Spec struct {
		Issuer issuerReference `json:"issuerRef"`
	} `json:"spec"`
	Status struct {
		Conditions     conditions `json:"conditions"`
		NotAfter       time.Time  `json:"notAfter"`
		Renewal        time.Time  `json:"renewalTime"`
		Revision       int64      `json:"revision"`
		LastFailure    time.Time  `json:"lastFailureTime"`
		FailedAttempts int64      `json:"failedIssuanceAttempts"`
	} `json:"status"`
}

// certificates declares Certificate. One that is being deleted has no rows: it is
// neither renewed nor missed.
func certificates() watch.Resource {
	return watch.Of(resource("Certificate", certificateFamilies()), func(o *certificateObject, _ fleet.View, r *exposition.Rows) {
		if !o.Metadata.Deleted.IsZero() {
			return
		}
		status := &o.Status
		labels := []string{o.Metadata.Namespace, o.Metadata.Name, o.Spec.Issuer.identity(o.Metadata.Namespace)}
		with := func(more ...string) []string { return append(labels[:3:3], more...) }
		ready := status.Conditions.ready()
		revision := ""
		if status.Revision > 0 {
			revision = strconv.FormatInt(status.Revision, 10)
		}
		r.Add(certificateInfo, 1, with(ready.Reason, revision)...)
		r.Bool(certificateReady, ready.isTrue(), labels...)
		r.Time(certificateNotAfter, status.NotAfter, labels...)
		r.Time(certificateRenewal, status.Renewal, labels...)
		if !ready.isTrue() {
			r.Time(certificateNotReady, onset(ready, &o.Metadata), with(ready.Reason)...)
		}
		if status.FailedAttempts > 0 {
			r.Add(certificateAttempts, float64(status.FailedAttempts), labels...)
			r.Time(certificateRetry, nextRetry(status.LastFailure, status.FailedAttempts), labels...)
		}
	})
}

// onset returns since when an object is in a condition: without a transition time, since
// it was created.
func onset(c condition, meta *watch.Meta) time.Time {
	if c.Transition.IsZero() {
		return meta.Created
	}
	return c.Transition
}

// nextRetry returns when cert-manager issues again after a failure: the delay doubles
// from one hour to 32 (shouldBackoffReissuingOnFailure of its trigger controller).
func nextRetry(failed time.Time, attempts int64) time.Time {
	if failed.IsZero() {
		return time.Time{}
	}
	return failed.Add(time.Hour << min(max(attempts-1, 0), 5))
}

const certificateAnnotation = "cert-manager.io/certificate-name"

type requestObject struct {
	watch.Object

	Spec struct {
		Issuer issuerReference `json:"issuerRef"`
	} `json:"spec"`
	Status struct {
		Conditions conditions `json:"conditions"`
		Failed     time.Time  `json:"failureTime"`
	} `json:"status"`
}

// requests declares CertificateRequest. One that failed stays until the next attempt;
// one that is pending is the Certificate's own matter.
func requests() watch.Resource {
	declared := resource("CertificateRequest", []*exposition.Family{requestFailed})
	declared.Annotations = []string{certificateAnnotation}
	return watch.Of(declared, func(o *requestObject, _ fleet.View, r *exposition.Rows) {
		failed := o.failure()
		if failed.Reason == "" || !o.Metadata.Deleted.IsZero() {
			return
		}
		certificate := cmp.Or(o.Metadata.Annotations[certificateAnnotation], o.Metadata.Name)
		r.Time(requestFailed, onset(failed, &o.Metadata), o.Metadata.Namespace, o.Metadata.Name, o.Spec.Issuer.identity(o.Metadata.Namespace), certificate, failed.Reason)
	})
}

// failure returns why and when the request failed; the zero value if it has not.
func (o *requestObject) failure() condition {
	cs := o.Status.Conditions
	for _, name := range []string{"Denied", "InvalidRequest"} {
		if c := cs.get(name); c.isTrue() {
			c.Reason = name
			return c
		}
	}
	ready := cs.get("Ready")
	if ready.Status != "False" || ready.Reason != "Failed" && ready.Reason != "Denied" {
		return condition{}
	}
	if !o.Status.Failed.IsZero() {
		ready.Transition = o.Status.Failed
	}
	return ready
}
