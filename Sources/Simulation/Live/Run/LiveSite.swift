// One site of a live run: its node's process, and what faults do to it.

internal import EventLoop
internal import Glibc

/// A node as a run handles it. Confined to the run's loop.
final class LiveSite {
  let site: Int
  let name: String
  let process: LiveProcess
  private let clock: ClockFile
  private let alarms: Alarms
  /// Whether it has been killed and is not back yet.
  var isDown = false
  /// The part of the time in which it may compute: 1, less where it is slow, 0 where it stands still.
  private var pace = 1.0
  /// Counts changes of pace, so that the beats of an old one end.
  private var change = 0

  init(_ site: Int, name: String, process: LiveProcess, clock: ClockFile, alarms: Alarms) {
    self.site = site
    self.name = name
    self.process = process
    self.clock = clock
    self.alarms = alarms
  }

  func setClock(aheadMilliseconds milliseconds: Int) throws(SimulationError) {
    try clock.set(milliseconds: milliseconds)
  }

  /// Slows the process down by stopping it for a part of each 20 ms. A call that computes for less may meet one stop or
  /// none: the mean is right, and single calls are late by up to 20 ms.
  func setPace(_ wanted: Double) {
    guard wanted != pace else { return }
    pace = wanted
    change += 1
    if pace <= 0 { return process.send(SIGSTOP) }
    process.send(SIGCONT)
    if pace < 1 { beat(change) }
  }

  /// What a process that has started again has to be told.
  func restoredPace() {
    let wanted = pace
    pace = 1
    setPace(wanted)
  }

  private func beat(_ change: Int) {
    guard change == self.change, process.isRunning, !alarms.isClosed else { return }
    process.send(SIGSTOP)
    let now = alarms.loop.now
    let stopped = UInt64(Double(LiveLimits.beatNanoseconds) * (1 - pace))
    alarms.at(now + stopped) { [weak self] in
      guard let self, change == self.change else { return }
      self.process.send(SIGCONT)
    }
    alarms.at(now + LiveLimits.beatNanoseconds) { [weak self] in self?.beat(change) }
  }
}
