package io.affinage.llm.hub;

import io.affinage.llm.error.LlmException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.net.UnknownHostException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.ToLongFunction;
import java.util.regex.Pattern;

/**
 * Fetches models by id into the cache and tells where they lie.
 *
 * <p>The cache: {@code OWNER--NAME/COMMIT/} holds a model's files and, when all are there, {@code
 * .complete}; {@code OWNER--NAME/COMMIT-files/} single files; {@code OWNER--NAME/refs/REVISION} the
 * commit that a branch or tag was last seen at. A revision given as a full commit that is in the
 * cache needs no network.
 *
 * <p>Error codes: {@code hub_id_invalid}, {@code hub_endpoint_invalid}, {@code hub_offline}, {@code
 * hub_unreachable}, {@code hub_unauthorized}, {@code hub_forbidden}, {@code hub_not_found}, {@code
 * hub_file_missing}, {@code hub_ambiguous}, {@code hub_answer_invalid}, {@code
 * hub_redirect_unsafe}, {@code hub_checksum_mismatch}, {@code hub_disk_full}, {@code
 * hub_cache_unwritable}, {@code hub_busy}, {@code hub_interrupted}.
 */
public final class ModelHub {

  private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40,64}");
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(60);

  private final HubSettings settings;
  private final HubClient client;
  private final ToLongFunction<Path> freeBytes;

  public ModelHub(HubSettings settings) {
    this(settings, ModelHub::usableSpace);
  }

  ModelHub(HubSettings settings, ToLongFunction<Path> freeBytes) {
    this.settings = settings;
    this.client = new HubClient(settings);
    this.freeBytes = freeBytes;
  }

  /**
   * Makes sure that a model is in the cache.
   *
   * @return its folder, or the file where the id names one; complete and checked
   * @throws LlmException with one of the codes above
   */
  public synchronized Path fetch(HubId id, HubProgress progress) {
    Path home = settings.cache().resolve(id.owner() + "--" + id.name());
    Optional<Path> cached = cachedCommit(home, id).flatMap(commit -> cached(home, id, commit));
    if (cached.isPresent() && (settings.offline() || COMMIT.matcher(id.revision()).matches())) {
      return cached.get();
    }
    if (settings.offline()) {
      throw notCached(id);
    }
    try {
      Files.createDirectories(home);
    } catch (IOException e) {
      throw unwritable(home, e);
    }
    try (FileChannel channel =
        FileChannel.open(
            home.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      channel.lock(); // against other processes; released with the channel
      return download(home, id, progress);
    } catch (OverlappingFileLockException e) {
      throw new LlmException(
          "hub_busy", id + " is being fetched by another part of this process: wait for it", e);
    } catch (IOException e) {
      throw unwritable(home, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LlmException(
          "hub_interrupted",
          "fetching " + id + " was interrupted; the next try goes on from there",
          e);
    }
  }

  /**
   * Finds a model's configuration and the headers of its weights: a model that is in the cache as
   * it is there, of another no more than these, in files that take the room of their headers and
   * read as zeros behind them.
   *
   * @param folder an empty one
   * @return what to open: the model in the cache, or the folder
   * @throws LlmException with one of the codes above
   */
  public synchronized Path headers(HubId id, Path folder) {
    Path home = settings.cache().resolve(id.owner() + "--" + id.name());
    Optional<Path> cached = cachedCommit(home, id).flatMap(commit -> cached(home, id, commit));
    if (cached.isPresent()) {
      return cached.get();
    }
    if (settings.offline()) {
      throw notCached(id);
    }
    try {
      HubClient.Listing listing = retrying(id, "the list of files", () -> 0, () -> client.list(id));
      HeaderDownload headers = new HeaderDownload(client, id, listing.commit());
      for (HubFile file : HubSelection.select(id, listing.files())) {
        if (HeaderDownload.needs(file)) {
          retrying(
              id,
              "the header of " + file.name(),
              () -> 0,
              () -> {
                headers.fetch(file, folder);
                return null;
              });
        }
      }
      return id.file().map(folder::resolve).orElse(folder);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LlmException("hub_interrupted", "reading " + id + " was interrupted", e);
    }
  }

  private LlmException notCached(HubId id) {
    return new LlmException(
        "hub_offline",
        "%s is not in the cache %s, and the hub may not be asked while offline: fetch it once online, or give a path"
            .formatted(id, settings.cache()));
  }

  private Path download(Path home, HubId id, HubProgress progress) throws InterruptedException {
    HubClient.Listing listing = retrying(id, "the list of files", () -> 0, () -> client.list(id));
    Optional<Path> present = cached(home, id, listing.commit());
    if (present.isEmpty()) {
      List<HubFile> files = HubSelection.select(id, listing.files());
      Path folder =
          id.file().isPresent()
              ? filesFolder(home, listing.commit())
              : home.resolve(listing.commit());
      try {
        Files.createDirectories(folder);
      } catch (IOException e) {
        throw unwritable(folder, e);
      }
      requireSpace(id, folder, files);
      for (HubFile file : files) {
        fetchFile(id, listing.commit(), folder, file, progress);
      }
      if (id.file().isEmpty()) {
        write(folder.resolve(".complete"), "");
      }
    }
    write(reference(home, id.revision()), listing.commit());
    return cached(home, id, listing.commit()).orElseThrow();
  }

  private void fetchFile(HubId id, String commit, Path folder, HubFile file, HubProgress progress)
      throws InterruptedException {
    Path target = folder.resolve(file.name());
    if (Files.exists(target)) {
      return; // it got this name only after it was checked
    }
    PartFile part;
    try {
      part =
          new PartFile(
              folder.resolve(file.name() + ".part"),
              done -> progress.onBytes(file.name(), done, file.size().orElse(-1)));
    } catch (IOException e) {
      throw unwritable(folder, e);
    }
    // A file may fail its check because what was left of an earlier try was damaged: then once more
    // from the start.
    boolean resumed = part.size() > 0;
    ContentHash expected = transfer(id, commit, file, part);
    try {
      Optional<String> problem = problem(file, expected, part.path());
      if (problem.isPresent() && resumed) {
        part.delete();
        expected = transfer(id, commit, file, part);
        problem = problem(file, expected, part.path());
      }
      if (problem.isPresent()) {
        part.delete();
        throw new LlmException(
            "hub_checksum_mismatch",
            "%s of %s was received damaged and removed: %s"
                .formatted(file.name(), id, problem.get()));
      }
      Files.move(part.path(), target, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw unwritable(target, e);
    }
  }

  /** Brings the part to its full size; returns the hash that the hub states, or null. */
  private ContentHash transfer(HubId id, String commit, HubFile file, PartFile part)
      throws InterruptedException {
    return retrying(
        id,
        file.name(),
        part::size,
        () -> {
          try {
            if (part.size() > 0
                && file.size().isPresent()
                && part.size() >= file.size().getAsLong()) {
              if (part.size() == file.size().getAsLong() && file.hash().isPresent()) {
                return file.hash().get(); // all arrived in an earlier try
              }
              part.delete();
            } else if (part.size() == 0) {
              part.delete();
            }
            HubClient.Answer answer =
                client.get(id, commit, file, part.size(), part::receive, part::size);
            if (answer.last().statusCode() == 416) {
              part.delete();
              throw new IOException("the hub has no such range; starting over");
            }
            if (file.size().isPresent() && part.size() < file.size().getAsLong()) {
              throw new IOException(
                  "only %d of %d bytes arrived".formatted(part.size(), file.size().getAsLong()));
            }
            return file.hash()
                .or(() -> answer.first().firstValue("X-Linked-Etag").flatMap(ContentHash::of))
                .or(() -> answer.first().firstValue("ETag").flatMap(ContentHash::of))
                .orElse(null);
          } catch (UncheckedIOException e) {
            if (e.getCause() instanceof PartFile.WrongRange) {
              part.delete();
              throw e.getCause();
            }
            throw unwritable(part.path(), e.getCause());
          }
        });
  }

  private static Optional<String> problem(HubFile file, ContentHash expected, Path part)
      throws IOException {
    long size = Files.size(part);
    if (file.size().isPresent() && file.size().getAsLong() != size) {
      return Optional.of(
          "it has %d bytes where the hub states %d".formatted(size, file.size().getAsLong()));
    }
    if (expected != null) {
      ContentHash found = expected.ofFile(part);
      if (!found.equals(expected)) {
        return Optional.of("its hash is %s where the hub states %s".formatted(found, expected));
      }
    }
    return Optional.empty();
  }

  @FunctionalInterface
  private interface Attempt<T> {
    T run() throws IOException, InterruptedException;
  }

  @FunctionalInterface
  private interface Position {
    long bytes();
  }

  /**
   * Tries again after failures of the network, a bounded number of times in which nothing new
   * arrived.
   */
  private <T> T retrying(HubId id, String what, Position position, Attempt<T> attempt)
      throws InterruptedException {
    int fruitless = 0;
    Duration pause = settings.firstPause();
    while (true) {
      long before = position.bytes();
      try {
        return attempt.run();
      } catch (IOException e) {
        boolean progressed = position.bytes() > before;
        fruitless = progressed ? 0 : fruitless + 1;
        pause = progressed ? settings.firstPause() : pause;
        if (isUnknownHost(e)) {
          throw new LlmException(
              "hub_unreachable",
              "%s of %s cannot be fetched: %s is not known to this machine's name service; give a path, or set HF_ENDPOINT"
                  .formatted(what, id, settings.endpoint().getHost()),
              e);
        }
        if (fruitless >= settings.attempts()) {
          throw new LlmException(
              "hub_unreachable",
              "%s of %s could not be fetched from %s after %d tries: %s; what has arrived is kept"
                  .formatted(what, id, settings.endpoint().getHost(), fruitless, describe(e)),
              e);
        }
        Duration wanted =
            e instanceof HubClient.TemporaryFailure temporary
                    && temporary.retryAfter().compareTo(pause) > 0
                ? temporary.retryAfter()
                : pause;
        Thread.sleep(Math.min(wanted.toMillis(), LONGEST_PAUSE.toMillis()));
        pause = pause.multipliedBy(2);
      }
    }
  }

  private static boolean isUnknownHost(Throwable e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof UnresolvedAddressException || cause instanceof UnknownHostException) {
        return true;
      }
    }
    return false;
  }

  private static String describe(IOException e) {
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }

  private void requireSpace(HubId id, Path folder, List<HubFile> files) {
    long needed = 0;
    for (HubFile file : files) {
      Path target = folder.resolve(file.name());
      if (!Files.exists(target)) {
        needed +=
            Math.max(0, file.size().orElse(0) - sizeOf(folder.resolve(file.name() + ".part")));
      }
    }
    long free = freeBytes.applyAsLong(folder);
    if (needed > free) {
      throw new LlmException(
          "hub_disk_full",
          "%s needs %d more bytes in %s, where %d are free: make room, or name another cache folder"
              .formatted(id, needed, folder, free));
    }
  }

  private static long sizeOf(Path file) {
    try {
      return Files.exists(file) ? Files.size(file) : 0;
    } catch (IOException e) {
      throw unwritable(file, e);
    }
  }

  private static long usableSpace(Path folder) {
    try {
      return Files.getFileStore(folder).getUsableSpace();
    } catch (IOException e) {
      throw unwritable(folder, e);
    }
  }

  private Optional<String> cachedCommit(Path home, HubId id) {
    if (COMMIT.matcher(id.revision()).matches()) {
      return Optional.of(id.revision());
    }
    Path reference = reference(home, id.revision());
    try {
      return Files.exists(reference)
          ? Optional.of(Files.readString(reference).strip())
              .filter(text -> COMMIT.matcher(text).matches())
          : Optional.empty();
    } catch (IOException e) {
      throw new LlmException(
          "hub_cache_unwritable", "%s cannot be read: %s".formatted(reference, e.getMessage()), e);
    }
  }

  private static Optional<Path> cached(Path home, HubId id, String commit) {
    if (id.file().isPresent()) {
      return Optional.of(filesFolder(home, commit).resolve(id.file().get())).filter(Files::exists);
    }
    Path folder = home.resolve(commit);
    return Files.exists(folder.resolve(".complete")) ? Optional.of(folder) : Optional.empty();
  }

  private static Path filesFolder(Path home, String commit) {
    return home.resolve(commit + "-files");
  }

  private static Path reference(Path home, String revision) {
    return home.resolve("refs").resolve(URLEncoder.encode(revision, StandardCharsets.UTF_8));
  }

  private static void write(Path file, String text) {
    try {
      Files.createDirectories(file.getParent());
      Path part = file.resolveSibling(file.getFileName() + ".new");
      Files.writeString(part, text);
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw unwritable(file, e);
    }
  }

  static LlmException unwritable(Path path, IOException e) {
    boolean full = e.getMessage() != null && e.getMessage().contains("No space left");
    return new LlmException(
        full ? "hub_disk_full" : "hub_cache_unwritable",
        "the hub cache cannot be written at %s: %s".formatted(path, describe(e)),
        e);
  }
}
