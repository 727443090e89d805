package io.affinage.dataset.kafka;

import io.affinage.dataset.catalog.Catalog;
import io.affinage.events.FileUploaded;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.KafkaException;
import org.jboss.logging.Logger;

/**
 * Deletes files that have expired, for all to see. Every instance does it: a second deletion has no
 * effect.
 */
@Singleton
class FileExpiry {
  private static final Logger LOG = Logger.getLogger(FileExpiry.class);
  private static final long PAUSE_SECONDS = 60;

  private final Catalog catalog;
  private final Uploads uploads;
  private final CountDownLatch stopped = new CountDownLatch(1);

  FileExpiry(Catalog catalog, Uploads uploads) {
    this.catalog = catalog;
    this.uploads = uploads;
  }

  void start(@Observes StartupEvent event) {
    Thread thread = new Thread(this::run, "file-expiry");
    thread.setDaemon(true);
    thread.start();
  }

  private void run() {
    try {
      while (!stopped.await(PAUSE_SECONDS, TimeUnit.SECONDS)) {
        sweep();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  void sweep() {
    for (FileUploaded file : catalog.expiredFiles()) {
      try {
        uploads.delete(file.fileId());
        LOG.infof("File %s has expired and is deleted", file.fileId());
      } catch (KafkaException e) {
        LOG.warnf(
            "File %s has expired; deleting it is tried again: %s", file.fileId(), e.getMessage());
      }
    }
  }

  @PreDestroy
  void stop() {
    stopped.countDown();
  }
}
