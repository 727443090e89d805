/** What happens to a submission, from where its rows are to how it ends. */
package io.affinage.dataset.submission;
