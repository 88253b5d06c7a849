// What technicians write about: enough different words that no two orders read alike.
const split = (text: string): readonly string[] => text.trim().split(/\s+/);

export const COMPONENTS = split(`
  bucket boom stick slew swing idler sprocket roller track tensioner hydraulic pump motor valve manifold cylinder rod seal
  gland hose fitting coupler accumulator cooler radiator fan belt alternator starter battery harness relay solenoid sensor
  gauge injector turbocharger manifold gasket muffler intake filter housing bearing bushing shaft coupling gearbox
  differential axle brake caliper drum disc pad wheel hub rim tyre ladder handrail cab door wiper mirror seat joystick pedal
  display monitor lamp beacon horn camera radio conveyor pulley scraper skirt chute liner screen deck crusher mantle
  concave jaw toggle flywheel hopper feeder grizzly magnet sampler compressor dryer separator tank strainer impeller volute
  wear-ring foundation anchor bolt weld bracket guard cover hatch grease line nipple injector block reservoir breather`);

export const FAULTS = split(`
  leaking cracked worn loose bent seized noisy overheating vibrating dripping weeping torn frayed corroded scored pitted
  blocked contaminated misaligned broken missing stripped sheared fatigued burnt shorted open intermittent slow drifting
  sticking hunting surging stalling smoking knocking squealing rattling slipping binding dragging sagging twisted dented
  perforated hardened glazed swollen chafed pinched flooded starved jammed`);

export const PLACES = split(`
  left right front rear upper lower inner outer near far north south east west top bottom center middle drive idle feed
  discharge suction pressure return inlet outlet cab engine counterweight undercarriage gantry walkway level bench pit`);

export const ACTIONS = split(`
  replaced inspected cleaned torqued greased welded adjusted tightened flushed drained refilled calibrated aligned balanced
  measured tested removed refitted rebuilt swapped isolated tagged bled purged shimmed machined honed polished painted
  photographed reported ordered borrowed returned checked traced rewired reset updated secured supported`);

export const FILLERS = split(`
  after before during since until without with while because although again still only almost nearly twice once hourly
  daily shift night morning rain dust mud heat cold load idle start stop travel dig lift swing operator says heard smelled
  saw felt found suspects needs wants crane ladder permit lockout scaffold helper torch gauge sample photo spare drawing
  manual bulletin warranty vendor workshop store truck barge bench rope sling shackle jack stand pin clip tape sealant`);

/** Rare terms of the trade, for searching: each stands in about one order of {@link RARITY}. */
export const RARE = split("cavitation galling spalling brinelling fretting delamination electrolysis stiction");

export const RARITY = 331;

export const PEOPLE = split(`
  okafor lindqvist moreau tanaka petrov silva haddad novak byrne castillo weber nguyen kowalski rossi fraser mbeki
  jensen ortega dubois yamamoto ivanova costa rahman horvat`);

export const UNITS = split("ea m l kg set box pair roll");
