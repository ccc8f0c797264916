//! One random run: people and events on one side, one or two copies of the function on the other, and the end.

use super::{
    account::{Account, Drawn, Meant, State},
    expiry::Retention,
    faults::Faults,
    lanes::{self, Buckets, Lanes},
    run::Sandbox,
    tasks::Tasks,
    wishes::Wish,
};
use crate::{
    config::lane::Lane,
    decide::{Origin, tests::dice::Dice},
    trigger::Goal,
};
use std::{
    cell::{Cell, RefCell},
    time::Duration,
};
use tokio::{
    sync::Notify,
    time::{sleep, timeout},
};

/// One delivery of an event.
#[derive(Clone, Copy, Debug)]
pub struct Event {
    pub id: u64,
    pub meant: Meant,
    /// Its own time, on the account's scale: whole seconds of a clock of its own.
    pub asked: u64,
    /// A direct call is not tried again.
    pub direct: bool,
    pub attempt: u64,
    /// Of what an earlier round left.
    pub round: u32,
}

/// How this run goes.
#[derive(Clone, Copy, Debug)]
pub struct Weather {
    pub copies: u64,
    /// One run in so many dies; 0 is never.
    pub crashes: u64,
    pub quiet: u64,
    /// What EventBridge's and the function's clock are ahead of ECS's, in milliseconds.
    pub event_clock: i64,
    pub function_clock: i64,
}

/// What came to the worlds after the first regressions had been drawn in them.
#[derive(Clone, Copy, Debug, Default)]
pub struct More {
    pub reads_ahead: bool,
    pub late: bool,
    /// One read in so many; 0 is never.
    pub throttled_reads: u64,
    /// Whether tasks run, and the circuit breaker hears of them.
    pub tasks: bool,
    /// Whether old revisions expire.
    pub expires: bool,
    /// Whether there are two lanes and an operator, with token buckets, instead of copies that take everything.
    pub lanes: bool,
}

impl More {
    pub fn of(seed: u64) -> More {
        let mut dice = Dice::new(seed ^ 0x30e);
        let (reads_ahead, late) = (!dice.one_in(4), !dice.one_in(3));
        More {
            reads_ahead,
            late,
            throttled_reads: dice.pick(&[0, 0, 30, 4]),
            tasks: false,
            expires: false,
            lanes: false,
        }
    }
}

pub struct World {
    pub account: Account,
    pub weather: Weather,
    pub wish: Cell<Wish>,
    pub reads_ahead: bool,
    pub guesses: RefCell<Dice>,
    /// How tasks end; none run without it.
    pub tasks: Option<RefCell<Tasks>>,
    pub lanes: Option<RefCell<Lanes>>,
    pub dice: RefCell<Dice>,
    /// Deliveries, and when they are due.
    queue: RefCell<Vec<(u64, Event)>>,
    arrived: Notify,
    events: Cell<u64>,
    pub runs: Cell<usize>,
    pub sandboxes: Cell<u64>,
    is_over: Cell<bool>,
    /// Runs under way.
    busy: Cell<u32>,
    /// Nothing goes wrong any more.
    pub is_quiet: Cell<bool>,
}

/// Plays a seed.
///
/// # Errors
/// What was wrong and, where it `tells`, all that happened.
pub fn simulate(seed: u64, more: More, tells: bool) -> Result<Drawn, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    // The jitter of this thread.
    fastrand::seed(seed);
    runtime.expect("a runtime").block_on(async {
        let world = World::new(seed, more, tells);
        world.play().await;
        let State { wrong, log, drawn, .. } = &mut *world.account.state();
        match wrong {
            Some(wrong) => {
                let end = log.iter().position(|line| line.starts_with("wrong")).unwrap_or(log.len());
                Err(format!("{wrong}\n{:?}\n{}", world.weather, log[..end].join("\n")))
            }
            None => Ok(std::mem::take(drawn)),
        }
    })
}

impl World {
    fn new(seed: u64, more: More, tells: bool) -> World {
        let mut dice = Dice::new(seed);
        let faults = Faults {
            stale: !dice.one_in(4),
            throttled: dice.pick(&[0, 0, 10, 3]),
            lost: dice.pick(&[0, 10, 4, 2]),
            broken_reads: dice.pick(&[0, 0, 30]),
            throttled_reads: more.throttled_reads,
            late: more.late,
        };
        let clock = |dice: &mut Dice| dice.pick(&[-1000, -400, 0, 0, 0, 300, 1000]);
        let weather = Weather {
            copies: dice.pick(&[1, 1, 1, 2]),
            crashes: dice.pick(&[0, 0, 6]),
            quiet: dice.pick(&[900_000, 900_000, 900_000, 0]),
            event_clock: clock(&mut dice) * 2,
            function_clock: clock(&mut dice),
        };
        let account = Account::new(seed, faults, tells);
        account.state().retention = more.expires.then(|| Retention::new(seed));
        account.state().buckets = more.lanes.then(|| Buckets::new(seed));
        World {
            account,
            reads_ahead: more.reads_ahead,
            guesses: RefCell::new(Dice::new(seed ^ 0xa4ead)),
            tasks: more.tasks.then(|| RefCell::new(Tasks::new(seed))),
            lanes: more.lanes.then(|| RefCell::new(Lanes::new(seed))),
            weather,
            wish: Cell::new(Wish { image: 0, side: 0, config: 0, looked_up: 0 }),
            dice: RefCell::new(dice),
            queue: RefCell::new(vec![]),
            arrived: Notify::new(),
            events: Cell::new(0),
            runs: Cell::new(0),
            sandboxes: Cell::new(0),
            is_over: Cell::new(false),
            busy: Cell::new(0),
            is_quiet: Cell::new(false),
        }
    }

    async fn play(&self) {
        let people = async {
            self.people_do_things().await;
            self.is_over.set(true);
            self.arrived.notify_waiters();
        };
        let mut first = Sandbox::new(self);
        self.revisions_gather(&mut first).await;
        if self.lanes.is_some() {
            let [mut reconciler, mut operator, mut other] = [(); 3].map(|()| Sandbox::new(self));
            tokio::join!(
                biased;
                people,
                self.work(&mut first, Some(Lane::Registrar)),
                self.work(&mut reconciler, Some(Lane::Reconciler)),
                self.work(&mut operator, Some(Lane::Operator)),
                self.work(&mut other, Some(Lane::Operator)),
            );
        } else if self.weather.copies == 2 {
            let mut second = Sandbox::new(self);
            tokio::join!(biased; people, self.work(&mut first, None), self.work(&mut second, None));
        } else {
            tokio::join!(biased; people, self.work(&mut first, None));
        }
        self.come_to_rest(&mut first).await;
    }

    /// A copy of the function takes one delivery after the other, those of its lane.
    async fn work(&self, sandbox: &mut Sandbox, lane: Option<Lane>) {
        let is_mine = |event: &Event| lane.is_none_or(|lane| lanes::lane_of(event) == lane);
        loop {
            let next = self.queue.borrow().iter().filter(|(_, e)| is_mine(e)).map(|(due, e)| (*due, e.id)).min();
            // A round under way may leave something.
            let is_done = || lane.is_none() || (self.queue.borrow().is_empty() && self.busy.get() == 0);
            let wait = match next {
                None if self.is_over.get() && is_done() => return,
                None => Duration::from_secs(1_000_000),
                Some((due, _)) => Duration::from_millis(due.saturating_sub(self.account.now())),
            };
            if !wait.is_zero() {
                // Woken or not: look again.
                let _ = timeout(wait, self.arrived.notified()).await;
                continue;
            }
            let is_next = |(due, event): &(u64, Event)| Some((*due, event.id)) == next && is_mine(event);
            let at = self.queue.borrow().iter().position(is_next);
            let (_, event) = self.queue.borrow_mut().remove(at.unwrap_or_default());
            self.busy.set(self.busy.get() + 1);
            self.handle(sandbox, event).await;
            self.busy.set(self.busy.get() - 1);
            if lane.is_some() {
                self.arrived.notify_waiters();
            }
        }
    }

    /// An event of its own id and time.
    pub fn event(&self, meant: Meant) -> Event {
        self.events.set(self.events.get() + 1);
        let direct = matches!(meant, Meant::Register(Origin::Direct)) || self.dice.borrow_mut().one_in(4);
        let clock = if direct { self.weather.function_clock } else { self.weather.event_clock };
        let time = self.account.now().saturating_add_signed(clock);
        let asked = if direct { time } else { time / 1000 * 1000 };
        Event { id: self.events.get(), meant, asked, direct, attempt: 0, round: 0 }
    }

    /// Sends an event: it may be lost, doubled, late.
    pub fn send(&self, meant: Meant) {
        let event = self.event(meant);
        let deliveries = self.dice.borrow_mut().pick(&[0, 1, 1, 1, 1, 1, 1, 2, 2, 3]);
        self.account.log(|| format!("{event:?} is sent, to arrive {deliveries} times"));
        match deliveries {
            0 => self.account.state().draw("lost events"),
            1 => {}
            _ => self.account.state().draw("doubled events"),
        }
        for _ in 0..deliveries {
            let slow = self.dice.borrow_mut().pick(&[50, 50, 1000, 3000, 120_000, 10_000_000]);
            let wait = self.dice.borrow_mut().between(1, slow);
            self.deliver(event, wait);
        }
    }

    pub fn deliver(&self, event: Event, wait: u64) {
        self.queue.borrow_mut().push((self.account.now() + wait, event));
        self.arrived.notify_waiters();
    }

    /// After quiet and one sweep; then the twins, where there are any.
    async fn come_to_rest(&self, sandbox: &mut Sandbox) {
        sleep(Duration::from_secs(10)).await;
        self.account.state().faults = Faults::default();
        self.account.state().buckets = None;
        self.is_quiet.set(true);
        self.account.log(|| "all is quiet".into());
        self.invoke(sandbox, self.event(Meant::Register(Origin::Sweep))).await;
        {
            let state = &mut *self.account.state();
            let judged = state.standing().judge_rest(self.wish.get().fingerprint());
            state.judge(judged);
        }
        let warnings = self.invoke(sandbox, self.event(Meant::Register(Origin::ImagePush))).await;
        let state = || self.account.state();
        let twins = state().standing().twins();
        let Some(twins) = twins else { return };
        let is_wished =
            state().standing().newest().and_then(|a| a.made.clone()).as_ref() == Some(self.wish.get().fingerprint());
        let warns = warnings.iter().any(|warning| warning.contains("are one definition"));
        state().blame(warns || !is_wished, || format!("nothing was said of the twins {twins:?}"));
        sleep(Duration::from_secs(3)).await;
        let back = Meant::RollBack { goal: Goal::Latest, again: true, allow_last: true };
        self.invoke(sandbox, self.event(back)).await;
        let both = twins.iter().all(|number| !state().revisions[*number as usize - 1].is_active());
        state().blame(both, || format!("the twins {twins:?} did not go together"));
    }
}
